-- Figures 2, 3 and 8: helpfulness against harmlessness over RL training.

local systems = require "examples.paper.systems"

return solon.ablation {
  name = "frontier",
  claim = "RL-CAI lies on or beyond the frontier of HH-RLHF; SL-CAI lies between the helpful-only model and RL.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = { systems.cot, systems.direct, systems.hh_new },
  figures = {
    { name = "elo", plot = "elo", title = "Elo of helpfulness against harmlessness, over RL training",
      instruction = "new",
      note = "Every two systems' answers to the same held-out prompt were compared by the evaluator under the new instruction. Points of a curve: SL-CAI (or, for HH-RLHF, the helpful-only model), three policies on the way, the final one. 0 is the helpful-only model; intervals resample the prompts of all seeds. HH-RLHF learns from people's labels of which one in ten is mistaken, and gets 40 iterations instead of 16." },
    { name = "harmfulness", title = "Harmfulness of each stage", systems = { "helpful-only", "revision-4", "rl-cai" },
      note = "Distinct harmful sentences an answer, at most 4; 240 held-out prompts, intervals over seeds and prompts." },
    { name = "helpfulness", title = "Helpfulness of each stage", metric = "helpfulness", systems = { "helpful-only", "rl-cai" } },
  },
  claims = {
    { text = "SL-CAI is less harmful than the helpful-only model", lower = "sl-cai", than = "helpful-only" },
    { text = "RL-CAI with reasoning is less harmful than SL-CAI", lower = "rl-cai", than = "sl-cai" },
    { text = "RL-CAI is less harmful than SL-CAI", lower = "RL-CAI/rl-cai", than = "RL-CAI/sl-cai" },
    { text = "RL-CAI with reasoning is no more harmful than HH-RLHF", lower = "rl-cai", than = "HH-RLHF/rl-cai", margin = 0.05 },
    { text = "RL-CAI with reasoning is preferred to HH-RLHF for harmlessness, or as good",
      metric = "preferred", instruction = "new", higher = "rl-cai", than = "HH-RLHF/rl-cai", margin = 0.05 },
    { text = "RL-CAI with reasoning is as helpful as HH-RLHF", metric = "helpfulness",
      higher = "rl-cai", than = "HH-RLHF/rl-cai", margin = 0.05 },
    { text = "RL-CAI with reasoning is as helpful as SL-CAI", metric = "helpfulness",
      higher = "rl-cai", than = "sl-cai", margin = 0.05 },
  },
}
