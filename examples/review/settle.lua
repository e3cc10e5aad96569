-- What would settle the claim: the same pipeline, prompts and pairs, with the AI judge
-- replaced by people's labels (the evaluator, told the new instruction).

local function arm(name, set)
  set["stages.ppo.snapshots"] = 3
  return { name = name, set = set }
end

-- Without a clamp on either side: the evaluator's labels are 0, 1 or a half.
local people = { ["stages.label.source"] = "evaluator", ["stages.label.instruction"] = "new" }

return solon.ablation {
  name = "settle",
  claim = "AI labels do as well as people's labels on the same prompts and pairs.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = {
    arm("AI labels", { ["stages.label.clamp"] = false }),
    arm("people", people),
    arm("people, one in ten mistaken", {
      ["stages.label.source"] = "evaluator", ["stages.label.instruction"] = "new", ["stages.label.noise"] = 0.1,
    }),
  },
  figures = {
    { name = "elo", plot = "elo", instruction = "new", title = "Frontiers with AI labels and with people's",
      note = "All from the same SL-CAI, on the same pairs, labels as they come; 0 is the helpful-only model. Intervals resample the prompts of all seeds." },
    { name = "harmfulness", x = "iterations", title = "Harmfulness over RL training" },
    { name = "grounded", x = "iterations", metric = "grounded", title = "Grounded substance over RL training" },
    { name = "votes", plot = "principles", metric = "agreement", instruction = "new", arms = { "AI labels" },
      title = "Votes that agree with people, by principle", note = "Of the votes on training pairs that people do not call a tie; both orders." },
  },
  claims = {
    { text = "AI labels end no more harmful than people's", lower = "AI labels/rl-cai", than = "people/rl-cai", margin = 0.05 },
    { text = "AI labels are as good as people's by the new instruction", metric = "preferred", instruction = "new",
      higher = "AI labels/rl-cai", than = "people/rl-cai", margin = 0.05 },
    { text = "AI labels are as good as people's with mistakes", metric = "preferred", instruction = "new",
      higher = "AI labels/rl-cai", than = "people, one in ten mistaken/rl-cai", margin = 0.05 },
    { text = "AI labels leave the policy as grounded", metric = "grounded", higher = "AI labels/rl-cai", than = "people/rl-cai", margin = 0.05 },
  },
}
