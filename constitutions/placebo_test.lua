local c = require "constitutions.placebo"
local world = require "examples.microworld.world"
local wordings = require "examples.microworld.wordings"

return {
  solon.test("no sentence that a reply can hold is what a principle asks about", function(t)
    for _, principle in ipairs(wordings.of(c)) do
      local aspect = world.aspect[principle.aspect]
      for _, sentence in ipairs(world.sentences) do
        t:check(not world.concerns(aspect, world.lookup(sentence)), principle.id .. ": " .. sentence)
      end
    end
  end),

  solon.test("as many principles for revising as for choosing, each of its own words", function(t)
    t:equal(#c.revision_principles, #c.preference_principles)
    for _, list in ipairs { c.revision_principles, c.preference_principles } do
      local used = {}
      for _, principle in ipairs(list) do
        local _, phrase = wordings.read(principle.critique or principle.text, "critique", "fewer")
        t:check(not used[phrase], "'" .. phrase .. "' stands twice")
        used[phrase] = true
      end
    end
  end),
}
