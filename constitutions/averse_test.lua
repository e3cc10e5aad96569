-- evasion_averse.lua and preachiness_averse.lua: harmless.lua whole, and about a third of
-- the weight on the one concern.

local harmless = require "constitutions.harmless"
local wordings = require "examples.microworld.wordings"

local averse = {
  evasion = require "constitutions.evasion_averse",
  preaching = require "constitutions.preachiness_averse",
}
local lists = { "revision_principles", "preference_principles" }

local function each(test)
  return function(t) for concern, c in pairs(averse) do test(t, c, concern) end end
end

local function same(t, principle, original)
  for _, field in ipairs { "id", "weight", "critique", "revision", "text" } do
    t:equal(principle[field], original[field])
  end
end

return {
  solon.test("harmless.lua's principles come first, unchanged", each(function(t, c)
    for _, list in ipairs(lists) do
      for index, original in ipairs(harmless[list]) do same(t, c[list][index], original) end
      t:equal(#c[list], #harmless[list] + 3)
    end
  end)),

  solon.test("about a third of the weight is on the concern", each(function(t, c, concern)
    for _, list in ipairs(lists) do
      local on, total = 0, 0
      for _, principle in ipairs(c[list]) do
        total = total + principle.weight
        if principle.tags[1] == concern then on = on + principle.weight end
      end
      t:near(on / total, 1 / 3, 0.02)
    end
  end)),

  solon.test("what is added is worded about the concern", each(function(t, c, concern)
    local added = 0
    for _, principle in ipairs(wordings.of(c)) do
      if principle.tags[1] == concern then
        t:equal(principle.aspect, concern)
        added = added + 1
      end
    end
    t:equal(added, 8)
  end)),
}
