-- The trained systems that several figures compare, each with policies kept on the way.
-- The first arm is the one that claims mean when they name a system alone.

local function arm(name, set)
  set["stages.ppo.snapshots"] = 3
  set["stages.evaluate.greedy"] = true
  return { name = name, set = set }
end

return {
  -- AI labels after reasoning, clamped as the paper does.
  cot = arm("RL-CAI with reasoning", { ["stages.label.clamp"] = { 0.4, 0.6 } }),
  -- AI labels asked for directly, soft as they come.
  direct = arm("RL-CAI", { ["stages.compare.chain_of_thought"] = false, ["stages.label.clamp"] = false }),
  -- People's labels, told the new instruction or the old one, one in ten mistaken. The
  -- policy starts from the helpful-only model, so it gets more than twice the iterations.
  hh_new = arm("HH-RLHF", {
    ["stages.finetune.rounds"] = 0, ["stages.label.source"] = "evaluator",
    ["stages.label.instruction"] = "new", ["stages.label.noise"] = 0.1,
    ["stages.ppo.iterations"] = 40,
  }),
  hh_old = arm("HH-RLHF, old instruction", {
    ["stages.finetune.rounds"] = 0, ["stages.label.source"] = "evaluator",
    ["stages.label.instruction"] = "old", ["stages.label.noise"] = 0.1,
    ["stages.ppo.iterations"] = 40,
  }),
  -- Helpfulness comparisons alone.
  helpful = arm("helpful-only RL", {
    ["stages.finetune.rounds"] = 0, ["stages.label.source"] = "none", ["stages.ppo.harmful_share"] = 0,
  }),
}
