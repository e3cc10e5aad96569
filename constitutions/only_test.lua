-- The one-kind constitutions: each about its own kind of harm in several wordings, about
-- no other, and otherwise harmless.lua.

local harmless = require "constitutions.harmless"
local wordings = require "examples.microworld.wordings"

local kinds = {
  theft = require "constitutions.only.theft",
  violence = require "constitutions.only.violence",
  privacy = require "constitutions.only.privacy",
  mixtures = require "constitutions.only.mixtures",
  prejudice = require "constitutions.only.prejudice",
  rudeness = require "constitutions.only.rudeness",
}

local function each(test)
  return function(t) for kind, c in pairs(kinds) do test(t, c, kind) end end
end

return {
  solon.test("four principles a stage, tagged with the kind and worded about it alone", each(function(t, c, kind)
    t:equal(#c.revision_principles, 4)
    t:equal(#c.preference_principles, 4)
    for _, principle in ipairs(wordings.of(c)) do
      t:equal(principle.aspect, kind)
      t:equal(#principle.tags, 1)
      t:equal(principle.tags[1], kind)
    end
  end)),

  solon.test("no wording stands twice", each(function(t, c)
    local used = {}
    for _, principle in ipairs(wordings.of(c)) do
      local phrase = principle.phrases[1]
      t:check(not used[phrase], c.name .. ": '" .. phrase .. "' stands in two principles")
      used[phrase] = true
    end
  end)),

  solon.test("a critique and its revision use one phrase", each(function(t, c)
    for _, principle in ipairs(wordings.of(c)) do
      t:equal(principle.phrases[#principle.phrases], principle.phrases[1])
    end
  end)),

  -- So that the principles alone make the difference between two runs.
  solon.test("all else is harmless.lua's", each(function(t, c)
    for name, template in pairs(harmless.templates) do t:equal(c.templates[name], template) end
    for _, name in ipairs { "draw", "keep", "label", "reward" } do
      t:check(c[name] == harmless[name], c.name .. ": " .. name)
    end
    t:check(c.name:match("^%a+ only$"), c.name)
  end)),
}
