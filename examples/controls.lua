-- The quickstart with its controls: what does RL lower when the labels say
-- nothing, or the opposite, and what does sampling alone lower?

local quickstart = require "examples.quickstart"

return solon.experiment {
  name = "controls",
  seed = quickstart.seed,
  constitution = quickstart.constitution,
  model = quickstart.model,
  prompts = quickstart.prompts,
  evaluator = quickstart.evaluator,
  stages = quickstart.stages,
  controls = { "random_labels", "flipped_labels", "matched_entropy" },
}
