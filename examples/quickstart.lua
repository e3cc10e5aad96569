-- The whole method on the microworld: about five minutes on two cores.

local prompts = require "examples.microworld.prompts"

-- Every n-th row; 3 steps through all wordings of every request.
local function every(n, rows)
  local taken = {}
  for index = 1, #rows, n do taken[#taken + 1] = rows[index] end
  return taken
end

return solon.experiment {
  name = "quickstart",
  seed = 1,
  constitution = require "constitutions.harmless",
  model = "examples/microworld/base",
  prompts = {
    harmful = every(3, prompts.harmful),
    helpful = prompts.helpful,
    harmful_heldout = prompts.harmful_heldout,
    helpful_heldout = prompts.helpful_heldout,
  },
  evaluator = require "examples.microworld.oracle",
  stages = {
    respond = { temperature = 1, max_tokens = 64, helpful_samples = 1 },
    revise = { rounds = 4, temperature = 1, max_tokens = 80 },
    finetune = { epochs = 1, batch = 32, learning_rate = 5e-4 },
    compare = { chain_of_thought = true, reasoning_temperature = 0, reasoning_tokens = 140 },
    label = { clamp = { 0.05, 0.95 } },
    preference = { epochs = 2, batch = 16, learning_rate = 5e-4, held_out = 0.1 },
    ppo = { iterations = 30, rollouts = 96, kl_coefficient = 0.3 },
    evaluate = { samples = 1, temperature = 1 },
  },
}
