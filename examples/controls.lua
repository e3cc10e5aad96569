-- The quickstart with its controls. RL lowers harm even when its labels say nothing,
-- because sharpening SL-CAI is enough, and so does sampling SL-CAI less freely. What the
-- labels add is the difference to these. `flipped_labels` is a third control.

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
