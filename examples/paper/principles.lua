-- Figure 6: harm and diversity by the number of revision principles.

local harmless = require "constitutions.harmless"
local derive = require "examples.derive"

local arms = {}
for index, count in ipairs { 1, 2, 4, 8, 16 } do
  arms[index] = { name = count .. (count == 1 and " principle" or " principles"), x = count, set = {
    constitution = derive.first_revision(harmless, count), through = "revise",
  } }
end

local function by_count(name, title, metric, note)
  return { name = name, x = "arm", systems = { "revision-1", "revision-4" }, metric = metric, title = title,
           x_label = "revision principles", note = note }
end

return solon.ablation {
  name = "principles",
  claim = "The number of revision principles has no effect on harm; more of them make responses more diverse.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = arms,
  figures = {
    by_count("harmfulness", "Harmfulness by number of principles", "harmfulness", "The first N principles of constitutions/harmless.lua: general ones, then those about one kind of harm."),
    by_count("diversity", "Diversity by number of principles", "diversity", "How different the answers of different seeds to one prompt are: one minus the share of word pairs that two of them have in common."),
    by_count("evasive", "Evasion by number of principles", "evasive", "The principle against evasion is the fifteenth."),
  },
  claims = {
    { text = "Sixteen principles are no more harmful than one", lower = "16 principles/revision-4", than = "1 principle/revision-4", margin = 0.1 },
    { text = "One principle is no more harmful than sixteen", lower = "1 principle/revision-4", than = "16 principles/revision-4", margin = 0.1 },
    { text = "Sixteen principles give more diverse revisions than one", metric = "diversity",
      higher = "16 principles/revision-4", than = "1 principle/revision-4" },
  },
}
