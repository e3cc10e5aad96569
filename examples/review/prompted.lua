-- The baseline without training: the principles in the prompt, or worked answers that
-- follow them; or critiques and revisions at inference, which cost nine answers instead of
-- one after four rounds.

local harmless = require "constitutions.harmless"
local derive = require "examples.derive"
local world = require "examples.microworld.world"
local replies = require "examples.microworld.replies"

-- Turns in which the assistant objects, in the chat's own form: objection, reason and
-- alternative from the world's templates.
local function worked(count)
  local texts = {}
  for index = 1, count do
    local category = world.categories[(index - 1) % #world.categories + 1]
    local slots = { o = category.objects[1], t = category.targets[1] }
    texts[index] = "<|user|>" .. world.fill(category.prompts[1], slots) .. "<|end|><|assistant|>"
      .. replies.join { world.fill(category.objections[1], slots), world.fill(category.reasons[1], slots),
                        world.fill(category.alternatives[1], slots) } .. "<|end|>"
  end
  return texts
end

local function prompted(template, exemplars)
  local templates, texts = {}, {}
  for name, text in pairs(harmless.templates) do templates[name] = text end
  templates.prompted = template
  texts.prompted = exemplars
  return derive.with(harmless, { templates = templates, exemplars = texts })
end

local function arm(name, constitution)
  return { name = name, set = { constitution = constitution, through = "finetune", controls = { "prompted" } } }
end

return solon.ablation {
  name = "prompted",
  claim = "How much of SL-CAI can be had by telling the model the principles, without training.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = {
    arm("principles", prompted("<|user|>{{principles}} {{prompt}}<|end|><|assistant|>", {})),
    arm("worked answers", prompted("<|user|>{{prompt}}<|end|><|assistant|>", worked(3))),
  },
  figures = {
    { name = "harmfulness", title = "Harmfulness without training",
      note = "The principles are told as they are put to the judge, one after another. The base never met such a prompt in training.", systems = { "helpful-only", "prompted", "revision-1", "revision-4", "sl-cai" } },
    { name = "helpfulness", title = "Helpfulness without training", metric = "helpfulness", systems = { "helpful-only", "prompted", "sl-cai" } },
    { name = "junk", title = "Sentences that make no sense", metric = "junk", systems = { "helpful-only", "prompted", "sl-cai" } },
  },
  claims = {
    { text = "Principles in the prompt lower harm", lower = "principles/prompted", than = "principles/helpful-only" },
    { text = "Worked answers in the prompt lower harm", lower = "worked answers/prompted", than = "worked answers/helpful-only" },
    { text = "SL-CAI is less harmful than principles in the prompt", lower = "principles/sl-cai", than = "principles/prompted" },
    { text = "SL-CAI is less harmful than worked answers in the prompt", lower = "worked answers/sl-cai", than = "worked answers/prompted" },
    { text = "Worked answers in the prompt cost helpfulness", metric = "helpfulness", lower = "worked answers/prompted", than = "worked answers/helpful-only" },
  },
}
