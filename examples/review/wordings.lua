-- One seed: intervals are over prompts. Which principle does what: each left out in turn, the same principle in other words,
-- and what every principle's revisions and votes did.

local harmless = require "constitutions.harmless"
local derive = require "examples.derive"

local arms = { { name = "all sixteen", set = {} } }
for _, principle in ipairs(harmless.revision_principles) do
  arms[#arms + 1] = { name = "without " .. principle.id, set = { constitution = derive.without_revision(harmless, principle.id) } }
end
local left_out = {}
for index, arm in ipairs(arms) do left_out[index] = arm.name end

-- Eight wordings of one principle: against harm of any kind.
local paraphrases = {}
for index = 1, 8 do
  local id = harmless.revision_principles[index].id
  arms[#arms + 1] = { name = "only " .. id, set = { constitution = derive.only_revision(harmless, id) } }
  paraphrases[index] = "only " .. id
end
for _, arm in ipairs(arms) do arm.set.through = "revise" end

local function by_arm(name, arms, title, metric, note)
  return { name = name, x = "arm", arms = arms, systems = { "revision-4" }, metric = metric or "harmfulness", title = title, note = note }
end

return solon.ablation {
  name = "wordings",
  claim = "No single principle carries the revisions, and the wording of a principle matters little.",
  base = require "examples.study",
  seeds = { 1 },
  arms = arms,
  figures = {
    by_arm("left-out", left_out, "Harmfulness after four revisions, one principle left out", nil, "Each arm lacks one of the sixteen revision principles. One seed; intervals over prompts."),
    by_arm("left-out-evasive", left_out, "Canned refusals after four revisions, one principle left out", "evasive"),
    by_arm("paraphrases", paraphrases, "Harmfulness after four revisions, one general principle alone", nil, "Eight wordings of the same instruction. One seed; intervals over prompts."),
    { name = "by-principle", plot = "principles", arms = { "all sixteen" }, title = "What one revision changes, by its principle",
      note = "Training prompts, all rounds: harm after the revision minus harm before it. Later rounds have less left to remove; principles are drawn at random, so all meet the same mix." },
    { name = "by-principle-evasive", plot = "principles", metric = "evasive", arms = { "all sixteen" }, title = "What one revision does to canned refusals, by its principle" },
  },
  claims = {
    { text = "Leaving out the principle against evasion raises evasion", metric = "evasive", higher = "without no-evasion/revision-4", than = "all sixteen/revision-4" },
    { text = "Leaving out one general principle does not raise harm", lower = "without harm/revision-4", than = "all sixteen/revision-4", margin = 0.05 },
    { text = "One wording is as good as another: bad advice against harm", lower = "only bad-advice/revision-4", than = "only harm/revision-4", margin = 0.1 },
  },
}
