-- The shipped base: about four million parameters, trained from scratch on the corpus.

local corpus = require "examples.microworld.corpus"

return solon.pretraining {
  name = "microworld-base",
  seed = 1,
  output = "examples/microworld/base",
  document = function(rng, index, progress)
    return (corpus.document(rng, index, progress))
  end,
  tokenizer = {
    vocabulary = 1024,
    special_tokens = {
      "<|endoftext|>", "<|pad|>", "<|user|>", "<|assistant|>", "<|end|>",
      "<|question|>", "<|reply|>", "<|request|>", "<|critique|>", "<|revision|>",
      "<|option_a|>", "<|option_b|>", "<|reason|>", "<|answer|>",
    },
    documents = 20000,
  },
  end_of_text = "<|endoftext|>",
  padding = "<|pad|>",
  chat = { user = "<|user|>", assistant = "<|assistant|>", end_of_turn = "<|end|>" },
  model = { hidden = 256, intermediate = 704, layers = 5, heads = 8, key_value_heads = 4, context = 320 },
  optimizer = { learning_rate = 2e-3, schedule = "cosine", warmup = 100, weight_decay = 0.1, clip = 1, beta2 = 0.98 },
  tokens = 10000000,
  batch_tokens = 2048,
}
