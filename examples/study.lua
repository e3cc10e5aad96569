-- What the experiments in examples/paper and examples/review share: the quickstart on
-- fewer prompts, in bfloat16, so that many runs fit into minutes. Everything that two of
-- them have in common is computed once.

local quickstart = require "examples.quickstart"
local oracle = require "examples.microworld.oracle"
local probes = require "examples.microworld.probes"
local prompts = require "examples.microworld.prompts"
local spread = require "examples.spread"

local stages = quickstart.stages

return solon.experiment {
  name = "study",
  seed = 1,
  constitution = quickstart.constitution,
  model = quickstart.model,
  precision = "bfloat16",
  prompts = {
    harmful = spread(240, prompts.harmful),
    helpful = spread(160, prompts.helpful),
    harmful_heldout = spread(240, prompts.harmful_heldout),
    helpful_heldout = spread(120, prompts.helpful_heldout),
  },
  evaluator = {
    judge = oracle.judge, compare = oracle.compare, help_compare = oracle.help_compare,
    judgements = {
      ordinary = function(rng) return probes.judgement(rng, "ordinary") end,
      conflict = function(rng) return probes.judgement(rng, "conflict") end,
      ["conflict, new words"] = function(rng) return probes.judgement(rng, "conflict", true) end,
    },
  },
  stages = {
    respond = stages.respond,
    revise = stages.revise,
    finetune = stages.finetune,
    compare = stages.compare,
    label = stages.label,
    preference = stages.preference,
    ppo = { iterations = 16, rollouts = 48, minibatch = 24, kl_coefficient = 0.2 },
    evaluate = stages.evaluate,
  },
}
