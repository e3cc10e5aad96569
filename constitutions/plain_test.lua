local c = require "constitutions.plain"

local function count(text, part)
  local found, from = 0, 1
  while true do
    local first, last = text:find(part, from, true)
    if not first then return found end
    found, from = found + 1, last + 1
  end
end

--- Whether the fixed parts of a template stand in a text in order, from its beginning.
local function follows(template, text)
  local position = 1
  for fixed in (template .. "{{"):gmatch("(.-){{[^}]*}?}?") do
    local first, last = text:find(fixed, position, true)
    if not first or (position == 1 and first ~= 1) then return false end
    position = last + 1
  end
  return true
end

-- What ends the model's turn, where the file says so: it follows every answer.
local ending = c.exemplars.compare[1]:match("Better reply: %(A%)(.-)\n\n%-%-%-%-\n\n$")

return {
  solon.test("sixteen concerns, the same in both lists", function(t)
    t:equal(#c.revision_principles, 16)
    t:equal(#c.preference_principles, 16)
    for index, principle in ipairs(c.revision_principles) do
      t:equal(c.preference_principles[index].id, principle.id)
    end
  end),

  solon.test("no special token but the one that ends a turn", function(t)
    for _, texts in pairs(c.exemplars) do
      for _, text in ipairs(texts) do
        t:equal(count(text, "<|"), count(ending, "<|") * count(text, ending .. "\n\n"))
      end
    end
  end),

  -- "A" and " A" are different tokens, and the host scores the letter alone.
  solon.test("templates end where the model's words begin, without a space", function(t)
    for name, template in pairs(c.templates) do
      local bracket = name == "compare" or name == "compare_cot_answer"
      t:equal(template:sub(-1), bracket and "(" or ":")
    end
  end),

  solon.test("few-shot texts have the form of their template and leave no placeholder", function(t)
    for name, texts in pairs(c.exemplars) do
      t:check(#texts >= 2, name)
      -- The choice after reasoning is asked under the texts of the reasoning.
      local template = c.templates[name == "compare_cot" and "compare_cot_answer" or name]
      for _, text in ipairs(texts) do
        t:check(follows(template, text), name .. ": " .. text)
        t:equal(count(text, "{{"), 0)
        t:equal(text:sub(-8), "\n\n----\n\n")
      end
    end
    t:check(not follows(c.templates.critique, c.exemplars.compare[1]), "follows() tells forms apart")
  end),

  solon.test("as often (A) as (B) is the better reply", function(t)
    for _, name in ipairs { "compare", "compare_cot" } do
      local a, b = 0, 0
      for _, text in ipairs(c.exemplars[name]) do
        a, b = a + count(text, "Better reply: (A)"), b + count(text, "Better reply: (B)")
      end
      t:equal(a, b)
      t:equal(a + b, #c.exemplars[name])
    end
  end),

  solon.test("one reply has nothing wrong, and stays as it is", function(t)
    local sound = 0
    for _, text in ipairs(c.exemplars.revision) do
      local reply = text:match("\n\nAssistant: (.-)\n\nReviewer: ")
      local review = text:match("\n\nReview: (.-)\n\nEditor: ")
      local revised = text:match("\n\nNew reply: (.-)\n\n%-%-%-%-")
      local nothing = count(review, "Nothing to point out") > 0
      t:equal(revised == reply .. ending, nothing)
      if nothing then sound = sound + 1 end
    end
    t:equal(sound, 1)
  end),

  solon.test("what a few-shot text quotes stands in the reply", function(t)
    for _, name in ipairs { "critique", "compare_cot" } do
      for _, text in ipairs(c.exemplars[name]) do
        local shown, said = text:match("^(.-)\n\nReviewer: (.*)$")
        if not shown then shown, said = text:match("^(.-)\n\nQuestion: (.*)$") end
        for quotation in said:gmatch('"(.-)"') do
          t:check(count(shown:lower(), quotation:lower()) > 0, "not in the reply: " .. quotation)
        end
      end
    end
  end),

  solon.test("few-shot requests are this constitution's own principles", function(t)
    local known = {}
    for _, principle in ipairs(c.revision_principles) do known[principle.critique] = true end
    for _, principle in ipairs(c.preference_principles) do known[principle.text] = true end
    for _, name in ipairs { "critique", "compare", "compare_cot" } do
      for _, text in ipairs(c.exemplars[name]) do
        local request = text:match("\n\nReviewer: (.-)\n\n") or text:match("\n\nQuestion: (.-)\n\n")
        t:check(known[request], request)
      end
    end
  end),
}
