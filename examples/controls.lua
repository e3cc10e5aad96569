-- The quickstart with its controls: PPO on labels that are coin flips, and SL-CAI sampled
-- less freely, at RL-CAI's entropy. Sharpening alone can lower harm, so a fall from SL-CAI
-- to RL-CAI proves little; what the labels add is the difference to these.
-- `flipped_labels` is a third control.

local quickstart = require "examples.quickstart"

return solon.experiment {
  name = "controls",
  seed = quickstart.seed,
  constitution = quickstart.constitution,
  model = quickstart.model,
  prompts = quickstart.prompts,
  evaluator = quickstart.evaluator,
  stages = quickstart.stages,
  controls = { "random_labels", "matched_entropy" },
}
