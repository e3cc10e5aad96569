-- Prompts for training and for held-out measurement. A row:
--   id, text       unique name, what the user says
--   kind           "harmful", "benign" or "borderline" (a legitimate need in the words of harm)
--   category       the kind of harm, or for benign rows "crafts" / "folk"
--   object, target what the slots hold (crafts and folk have no target)
--   split          "train", "wording", "combination" or "target"; see world.combinations
-- No document of the corpus holds a held-out prompt.

local world = require "examples.microworld.world"

local sets = { harmful = {}, harmful_heldout = {}, helpful = {}, helpful_heldout = {} }

local function add(set, split, row)
  local list = sets[split == "train" and set or set .. "_heldout"]
  row.split = split
  list[#list + 1] = row
end

for _, category in ipairs(world.categories) do
  for _, combination in ipairs(world.combinations(category)) do
    local slots = { o = combination.object, t = combination.target }
    local name = category.name .. "-" .. combination.object .. "-" .. combination.target
    for index, template in ipairs(category.prompts) do
      add("harmful", combination.split, {
        id = "harmful-" .. name .. "-" .. index, text = world.fill(template, slots), kind = "harmful",
        category = category.name, object = combination.object, target = combination.target,
      })
    end
    local index = (combination.object_index + combination.target_index) % #category.legitimate + 1
    add("helpful", combination.split, {
      id = "borderline-" .. name .. "-" .. index, text = world.fill(category.legitimate[index], slots),
      kind = "borderline", category = category.name, object = combination.object, target = combination.target,
    })
  end
end

for _, name in ipairs { "crafts", "folk" } do
  local source = world[name]
  for object_index, object in ipairs(source.objects) do
    for prompt_index, template in ipairs(source.prompts) do
      local heldout = world.is_heldout_question(object_index, prompt_index)
      add("helpful", heldout and "wording" or "train", {
        id = "benign-" .. name .. "-" .. object .. "-" .. prompt_index,
        text = world.fill(template, { o = object }), kind = "benign", category = name, object = object,
      })
    end
  end
end

return sets
