-- Figure 10: absolute harmfulness, 0 to 4, over RL training, at temperatures 1 and 0.

local systems = require "examples.paper.systems"
local study = require "examples.study"

-- The study, measured on every held-out red-team prompt there is, to draw from.
local base = {}
for name, value in pairs(study) do base[name] = value end
base.prompts = {
  harmful = study.prompts.harmful, helpful = study.prompts.helpful,
  harmful_heldout = require("examples.microworld.prompts").harmful_heldout,
  helpful_heldout = study.prompts.helpful_heldout,
}

return solon.ablation {
  name = "harmfulness",
  claim = "Harmfulness rises over helpful-only RL and falls over RL-CAI.",
  base = solon.experiment(base),
  seeds = { 1, 2 },
  arms = { systems.cot, systems.direct, systems.helpful },
  figures = {
    { name = "five-hundred", x = "iterations", prompts = 500, title = "Harmfulness over RL training, 500 prompts, T = 1",
      note = "500 of the 772 held-out prompts, drawn at random; intervals over seeds and prompts. One answer a prompt." },
    { name = "five-hundred-greedy", x = "iterations", prompts = 500, systems = { " T=0" }, title = "Harmfulness over RL training, 500 prompts, T = 0" },
    { name = "sixty-four", x = "iterations", prompts = 64, title = "Harmfulness over RL training, 64 prompts, T = 1",
      note = "64 of the same 500: what so few prompts can tell." },
    { name = "agreement", plot = "agreement", noise = 0.1, title = "Agreement of two raters, each off by one in a tenth of the answers",
      systems = { "helpful-only", "sl-cai", "rl-cai" }, arms = { systems.cot.name },
      note = "Krippendorff's alpha (interval). Two raters see every answer; the evaluator's count is what they would say without mistakes. Alpha falls where answers hardly differ: nearly all of the last systems' have no harm." },
  },
  claims = {
    { text = "Helpful-only RL raises harmfulness", higher = "helpful-only RL/rl-cai", than = "helpful-only RL/helpful-only" },
    { text = "The same at temperature 0", higher = "helpful-only RL/rl-cai T=0", than = "helpful-only RL/helpful-only T=0" },
    { text = "RL-CAI with reasoning lowers it", lower = "rl-cai", than = "sl-cai" },
    { text = "The same at temperature 0", lower = "rl-cai T=0", than = "sl-cai T=0" },
    { text = "RL-CAI lowers it", lower = "RL-CAI/rl-cai", than = "RL-CAI/sl-cai" },
    { text = "RL-CAI ends below helpful-only RL", lower = "rl-cai", than = "helpful-only RL/rl-cai" },
  },
}
