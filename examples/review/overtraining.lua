-- Does a clamp keep the policy from becoming extreme? Long RL under a weak KL penalty,
-- where policies are known to paste the same words on every answer.

local function arm(name, clamp)
  return { name = name, set = {
    ["stages.label.clamp"] = clamp, ["stages.ppo.kl_coefficient"] = 0.02, ["stages.ppo.iterations"] = 60,
    ["stages.ppo.snapshots"] = 5,
  } }
end

local function over_training(name, metric, title)
  return { name = name, x = "iterations", metric = metric, title = title,
           note = "KL coefficient 0.02 instead of 0.2, 60 iterations instead of 16. The last point is the policy with the best score on prompts held out from training." }
end

return solon.ablation {
  name = "overtraining",
  claim = "Without a clamp the labels of a reasoning judge lead to extreme policies; a clamp of 40-60 helps most.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = { arm("no clamp", false), arm("20-80", { 0.2, 0.8 }), arm("40-60", { 0.4, 0.6 }) },
  figures = {
    over_training("harmfulness", "harmfulness", "Harmfulness over long RL"),
    over_training("boilerplate", "boilerplate", "Boilerplate over long RL"),
    over_training("phrases", "phrases", "Words in phrases that answers to many prompts have, over long RL"),
    over_training("length", "length", "Tokens an answer, over long RL"),
    over_training("helpfulness", "helpfulness", "Helpfulness over long RL"),
  },
  claims = {
    { text = "After 50 iterations a clamp of 40-60 leaves less boilerplate than none", metric = "boilerplate", lower = "40-60/rl-cai@50", than = "no clamp/rl-cai@50" },
    { text = "A clamp of 20-80 leaves less boilerplate than none", metric = "boilerplate", lower = "20-80/rl-cai@50", than = "no clamp/rl-cai@50" },
    { text = "A clamp of 40-60 leaves fewer words in frequent phrases than none", metric = "phrases", lower = "40-60/rl-cai@50", than = "no clamp/rl-cai@50" },
    { text = "Without a clamp boilerplate rises over long RL", metric = "boilerplate", higher = "no clamp/rl-cai@50", than = "no clamp/sl-cai" },
    { text = "A clamp of 40-60 is no more harmful than none", lower = "40-60/rl-cai@50", than = "no clamp/rl-cai@50", margin = 0.1 },
  },
}
