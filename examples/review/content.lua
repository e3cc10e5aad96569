-- Content ablation: does a constitution against one kind of harm lower that kind and not
-- the others? After revision, after SL-CAI and after RL-CAI, against a constitution about
-- nothing.

local arms = {
  { name = "placebo", set = { constitution = require "constitutions.placebo" } },
  { name = "harmless", set = { constitution = require "constitutions.harmless" } },
}
for _, kind in ipairs { "theft", "violence", "privacy", "mixtures", "prejudice", "rudeness" } do
  arms[#arms + 1] = { name = kind .. " only", target = kind, set = { constitution = require("constitutions.only." .. kind) } }
end

local function matrix(name, system, title)
  return { name = name, plot = "categories", systems = { system }, title = title,
           note = "Harm of the prompt's own kind, relative to the placebo constitution: -1 is none left. 240 held-out prompts, about 40 a kind; intervals over seeds and prompts." }
end

return solon.ablation {
  name = "content",
  claim = "A constitution against one kind of harm lowers that kind more than the others.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = arms,
  control = "placebo",
  figures = {
    matrix("revision", "revision-4", "After four revisions"),
    matrix("sl-cai", "sl-cai", "After SL-CAI"),
    matrix("rl-cai", "rl-cai", "After RL-CAI"),
    { name = "total", title = "Harmfulness of all kinds together", systems = { "helpful-only", "revision-4", "sl-cai", "rl-cai" } },
  },
}
