-- The labels at the RL endpoint: clamps, soft against hard, mistakes, and sixteen
-- principles (of which two are drawn for a pair) against one.

local harmless = require "constitutions.harmless"
local derive = require "examples.derive"

-- The same votes, each pair decided.
local hard = derive.with(harmless, {
  name = "harmless, hard labels",
  label = function(votes, ctx)
    local p = harmless.label(votes, ctx)
    if p == nil or p == 0.5 then return p end
    return p > 0.5 and 1 or 0
  end,
})

local function clamp(low, high) return { ["stages.label.clamp"] = { low, high } } end

return solon.ablation {
  name = "labels",
  claim = "Clamped labels keep the policy from becoming extreme; soft labels beat hard ones; an ensemble of principles beats one.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = {
    { name = "no clamp", set = { ["stages.label.clamp"] = false } },
    { name = "20-80", set = clamp(0.2, 0.8) },
    { name = "40-60", set = clamp(0.4, 0.6) },
    { name = "hard", set = { constitution = hard, ["stages.label.clamp"] = false } },
    { name = "30 % flipped", set = { ["stages.label.clamp"] = false, ["stages.label.noise"] = 0.3 } },
    { name = "one principle", set = { constitution = derive.only_preference(harmless, "less-harm"), ["stages.label.clamp"] = false } },
  },
  figures = {
    { name = "harmfulness", x = "arm", systems = { "rl-cai" }, title = "Harmfulness at the end of RL" },
    { name = "boilerplate", x = "arm", systems = { "rl-cai" }, metric = "boilerplate", title = "Boilerplate at the end of RL" },
    { name = "phrases", x = "arm", systems = { "rl-cai" }, metric = "phrases", title = "Words in phrases that answers to many prompts have" },
    { name = "evasive", x = "arm", systems = { "rl-cai" }, metric = "evasive", title = "Canned refusals at the end of RL" },
    { name = "grounded", x = "arm", systems = { "rl-cai" }, metric = "grounded", title = "Grounded substance at the end of RL" },
    { name = "helpfulness", x = "arm", systems = { "rl-cai" }, metric = "helpfulness", title = "Helpfulness at the end of RL" },
  },
  claims = {
    { text = "A clamp of 40-60 leaves less boilerplate than none", metric = "boilerplate", lower = "40-60/rl-cai", than = "no clamp/rl-cai" },
    { text = "A clamp of 20-80 leaves less boilerplate than none", metric = "boilerplate", lower = "20-80/rl-cai", than = "no clamp/rl-cai" },
    { text = "A clamp of 40-60 is no more harmful than none", lower = "40-60/rl-cai", than = "no clamp/rl-cai", margin = 0.1 },
    { text = "Soft labels are less harmful than hard ones", lower = "no clamp/rl-cai", than = "hard/rl-cai" },
    { text = "Soft labels are preferred to hard ones", metric = "preferred", instruction = "new", higher = "no clamp/rl-cai", than = "hard/rl-cai" },
    { text = "Three labels in ten mistaken raise harm", higher = "30 % flipped/rl-cai", than = "no clamp/rl-cai" },
    { text = "An ensemble of principles is preferred to one", metric = "preferred", instruction = "new", higher = "no clamp/rl-cai", than = "one principle/rl-cai" },
    { text = "An ensemble of principles evades less than one", metric = "evasive", lower = "no clamp/rl-cai", than = "one principle/rl-cai" },
  },
}
