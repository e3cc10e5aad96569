-- Reads a principle of the microworld back: which aspect it is about, in which phrase.
-- Tests of constitutions use it to see that the base knows their words.

local world = require "examples.microworld.world"

local wordings = {}

local aspects = {}   -- by phrase
for _, aspect in ipairs(world.aspects) do
  for _, phrase in ipairs(aspect.phrases) do aspects[phrase] = aspect end
end

--- The aspect and the phrase of `request`, which has one of the named forms of
--- `world.requests`; nil when no document puts it so. Held-out phrases are not known.
function wordings.read(request, ...)
  for _, form in ipairs { ... } do
    for _, template in ipairs(world.requests[form]) do
      local open, close = template:find("{p}", 1, true)
      local before, after = template:sub(1, open - 1), template:sub(close + 1)
      local phrase = request:sub(#before + 1, #request - #after)
      if request == before .. phrase .. after and aspects[phrase] then
        return aspects[phrase], phrase
      end
    end
  end
end

--- Reads every principle of a constitution. Returns a list of { id, tags, aspect,
--- phrases }; fails on the first that the base does not know, or whose critique and
--- revision are about different things.
function wordings.of(constitution)
  local list = {}
  local function add(principle, aspect, phrases)
    list[#list + 1] = { id = principle.id, tags = principle.tags, aspect = aspect, phrases = phrases }
  end
  for _, principle in ipairs(constitution.revision_principles) do
    local aspect, phrase = wordings.read(principle.critique, "critique")
    local other, revised = wordings.read(principle.revision, "revision")
    if not aspect then error(principle.id .. ": the base does not know '" .. principle.critique .. "'") end
    if not other then error(principle.id .. ": the base does not know '" .. principle.revision .. "'") end
    if aspect ~= other then
      error(principle.id .. ": asks about " .. aspect.name .. " and revises " .. other.name)
    end
    add(principle, aspect.name, { phrase, revised })
  end
  for _, principle in ipairs(constitution.preference_principles) do
    local aspect, phrase = wordings.read(principle.text, "fewer", "more")
    if not aspect then error(principle.id .. ": the base does not know '" .. principle.text .. "'") end
    add(principle, aspect.name, { phrase })
  end
  return list
end

return wordings
