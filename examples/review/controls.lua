-- What the labels add: RL on coin flips, on flipped labels, on a constitution about
-- nothing, and SL-CAI made as certain as RL-CAI; and RL started where sharpening raises
-- harm: from the helpful-only model, or after learning from first revisions only.

local placebo = require "constitutions.placebo"

local function arm(name, set)
  set["stages.ppo.snapshots"] = 3
  return { name = name, set = set }
end

return solon.ablation {
  name = "controls",
  claim = "RL-CAI lowers harm because of its labels, not because PPO sharpens the policy.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = {
    arm("labels", { controls = { "matched_entropy" } }),
    arm("random", { ["stages.label.source"] = "random" }),
    arm("flipped", { ["stages.label.source"] = "flipped" }),
    arm("placebo", { constitution = placebo }),
    arm("labels, from the base", { ["stages.finetune.rounds"] = 0 }),
    arm("random, from the base", { ["stages.finetune.rounds"] = 0, ["stages.label.source"] = "random" }),
    arm("labels, first revisions", { ["stages.finetune.rounds"] = 1 }),
    arm("random, first revisions", { ["stages.finetune.rounds"] = 1, ["stages.label.source"] = "random" }),
  },
  figures = {
    { name = "harmfulness", x = "iterations", title = "Harmfulness over RL training",
      note = "At 0 stands what PPO started from: SL-CAI, or the helpful-only model. Intervals over seeds and prompts." },
    { name = "end", x = "arm", systems = { "rl-cai" }, title = "Harmfulness at the end of RL" },
    { name = "help", x = "arm", systems = { "rl-cai" }, metric = "helpfulness", title = "Helpfulness at the end of RL" },
    { name = "matched-entropy", arms = { "labels" }, systems = { "sl-cai", "sl-cai-matched-entropy", "rl-cai" },
      title = "SL-CAI sampled as certainly as RL-CAI", note = "SL-CAI's temperature is lowered until its answers have RL-CAI's entropy." },
  },
  claims = {
    { text = "RL-CAI is less harmful than SL-CAI", lower = "labels/rl-cai", than = "labels/sl-cai" },
    { text = "RL-CAI is less harmful than its random-label arm", lower = "labels/rl-cai", than = "random/rl-cai" },
    { text = "The same at equal KL", lower = "labels/rl-cai", than = "random/rl-cai", at_equal_kl = true },
    { text = "Flipped labels are worse than SL-CAI", higher = "flipped/rl-cai", than = "flipped/sl-cai" },
    { text = "RL-CAI is less harmful than with a placebo for a constitution in both stages", lower = "labels/rl-cai", than = "placebo/rl-cai" },
    { text = "RL-CAI is less harmful than SL-CAI at its entropy", lower = "labels/rl-cai", than = "labels/sl-cai-matched-entropy" },
    { text = "After first revisions, RL with labels lowers harm", lower = "labels, first revisions/rl-cai", than = "labels, first revisions/sl-cai" },
    { text = "After first revisions, labels beat random labels", lower = "labels, first revisions/rl-cai", than = "random, first revisions/rl-cai" },
    { text = "From the base, RL with labels lowers harm", lower = "labels, from the base/rl-cai", than = "labels, from the base/helpful-only" },
    { text = "From the base, labels beat random labels", lower = "labels, from the base/rl-cai", than = "random, from the base/rl-cai" },
    { text = "The same at equal KL", lower = "labels, from the base/rl-cai", than = "random, from the base/rl-cai", at_equal_kl = true },
  },
}
