-- The whole method on the microworld: a few minutes on two cores.

local prompts = require "examples.microworld.prompts"
local spread = require "examples.spread"

return solon.experiment {
  name = "quickstart",
  seed = 1,
  constitution = require "constitutions.harmless",
  model = "examples/microworld/base",
  prompts = {
    harmful = spread(700, prompts.harmful),
    helpful = prompts.helpful,
    harmful_heldout = spread(400, prompts.harmful_heldout),
    helpful_heldout = prompts.helpful_heldout,
  },
  evaluator = require "examples.microworld.oracle",
  stages = {
    respond = { temperature = 1, max_tokens = 64, helpful_samples = 2 },
    revise = { rounds = 4, temperature = 1, max_tokens = 96 },
    finetune = { epochs = 1, batch = 32, learning_rate = 5e-4 },
    -- Two principles a pair, each asked in both orders; the judge reasons first.
    compare = { chain_of_thought = true, reasoning_temperature = 0, reasoning_tokens = 140, principles = 2 },
    label = { clamp = { 0.05, 0.95 } },
    preference = { epochs = 3, batch = 16, learning_rate = 5e-4, schedule = "cosine", warmup = 10, held_out = 0.1 },
    ppo = { iterations = 24, rollouts = 96, kl_coefficient = 0.2 },
    evaluate = { samples = 1, temperature = 1 },
  },
}
