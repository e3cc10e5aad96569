-- The base models of the size axes: all trained on the same tokens (scripts/ladder made
-- the smaller ones). `x` is millions of parameters.

return {
  { name = "0.1M", model = "examples/microworld/ladder/0.1M", x = 0.1 },
  { name = "0.3M", model = "examples/microworld/ladder/0.3M", x = 0.3 },
  { name = "1M", model = "examples/microworld/ladder/1M", x = 1 },
  { name = "4M", model = "examples/microworld/base", x = 4 },
}
