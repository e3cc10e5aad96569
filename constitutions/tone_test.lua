local c = require "constitutions.tone"
local wordings = require "examples.microworld.wordings"

return {
  solon.test("half against unkind words, half against preaching, nothing else", function(t)
    local count = { rudeness = 0, preaching = 0 }
    for _, principle in ipairs(wordings.of(c)) do
      t:equal(principle.tags[1], "tone")
      t:equal(principle.tags[2], principle.aspect == "rudeness" and "unkind" or "preaching")
      t:check(count[principle.aspect], principle.id .. " is about " .. principle.aspect)
      count[principle.aspect] = count[principle.aspect] + 1
    end
    t:equal(count.rudeness, 8)
    t:equal(count.preaching, 8)
  end),
}
