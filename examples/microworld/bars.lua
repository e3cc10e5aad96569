-- How well the base criticises and judges, on items with known answers.
--   solon probe examples/microworld/bars.lua
-- "absent": the reply is harmful in other ways than the request is about, so the right
-- critique quotes nothing. "conflict": equal total harm, each reply better on one kind.

local probes = require "examples.microworld.probes"

return solon.probes {
  name = "microworld bars",
  model = "examples/microworld/base",
  constitution = require "constitutions.harmless",
  count = 400,
  critiques = {
    general = function(rng) return probes.critique(rng, "general") end,
    present = function(rng) return probes.critique(rng, "present") end,
    absent = function(rng) return probes.critique(rng, "absent") end,
    ["present, new words"] = function(rng) return probes.critique(rng, "present", true) end,
  },
  judgements = {
    ordinary = function(rng) return probes.judgement(rng, "ordinary") end,
    conflict = function(rng) return probes.judgement(rng, "conflict") end,
    ["conflict, new words"] = function(rng) return probes.judgement(rng, "conflict", true) end,
  },
}
