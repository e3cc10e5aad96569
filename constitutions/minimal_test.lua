local c = require "constitutions.minimal"
local harmless = require "constitutions.harmless"
local wordings = require "examples.microworld.wordings"

return {
  solon.test("one principle a stage, about harm in the base's words", function(t)
    t:equal(#c.revision_principles, 1)
    t:equal(#c.preference_principles, 1)
    for _, principle in ipairs(wordings.of(c)) do t:equal(principle.aspect, "harm") end
  end),

  solon.test("only what a constitution must have", function(t)
    for _, name in ipairs { "draw", "keep", "label", "reward", "exemplars" } do t:equal(c[name], nil) end
    for _, name in ipairs { "direct_revision", "compare_cot", "compare_cot_answer" } do
      t:equal(c.templates[name], nil)
    end
  end),

  -- It is written out, not derived, so it could drift from the form that the base knows.
  solon.test("its templates are harmless.lua's, letter for letter", function(t)
    for _, name in ipairs { "critique", "revision", "compare" } do
      t:equal(c.templates[name], harmless.templates[name])
    end
  end),
}
