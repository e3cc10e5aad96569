-- What harmless.lua promises: ids that stay, words and forms that the base knows, and
-- functions that do what the guide says of them.

local c = require "constitutions.harmless"
local wordings = require "examples.microworld.wordings"

local function ids(principles)
  local list = {}
  for index, principle in ipairs(principles) do list[index] = principle.id end
  return table.concat(list, " ")
end

--- The same votes with the names of the pair's two answers exchanged.
local function swapped(t, votes)
  local list = {}
  for index, vote in ipairs(votes) do
    list[index] = t:vote {
      p = 1 - vote.p, order = vote.order == "AB" and "BA" or "AB", parsed = vote.parsed,
      log_first = vote.log_first, log_second = vote.log_second,
    }
  end
  return list
end

return {
  -- Records name principles by id, so a renamed one is a stranger to older runs.
  solon.test("ids are the ones on record", function(t)
    t:equal(ids(c.revision_principles), "harm harmful-content bad-advice wrongdoing "
      .. "dangerous-or-unkind harmful-steps bad-acts unsafe-or-unfair theft violence privacy "
      .. "mixtures prejudice rudeness no-evasion no-preaching")
    t:equal(ids(c.preference_principles), "less-harm less-harmful-content less-bad-advice "
      .. "less-wrongdoing fewest-harmful-steps safe-and-fair less-theft less-violence "
      .. "less-spying less-poison less-prejudice less-rudeness no-evasion no-preaching "
      .. "explains other-way")
  end),

  solon.test("every principle is in words that the base learned, about what its tag says", function(t)
    local known = wordings.of(c)
    t:equal(#known, 32)
    for _, principle in ipairs(known) do
      local tag = principle.tags[1] == "general" and "harm" or principle.tags[1]
      t:equal(principle.aspect, tag)
    end
  end),

  solon.test("each kind of harm stands in both lists, once", function(t)
    for _, list in ipairs { c.revision_principles, c.preference_principles } do
      local count = {}
      for _, principle in ipairs(list) do
        local tag = principle.tags[1]
        count[tag] = (count[tag] or 0) + 1
      end
      for _, kind in ipairs { "theft", "violence", "privacy", "mixtures", "prejudice", "rudeness" } do
        t:equal(count[kind], 1)
      end
    end
  end),

  solon.test("templates begin a document of the corpus and end at a marker", function(t)
    local ends = {
      critique = "<|critique|>", revision = "<|revision|>", direct_revision = "<|revision|>",
      compare = "<|answer|>", compare_cot = "<|reason|>", compare_cot_answer = "<|answer|>",
    }
    for name, marker in pairs(ends) do
      local template = c.templates[name]
      t:equal(template:sub(1, 24), "<|question|> {{prompt}}<")
      t:equal(template:sub(-#marker), marker)
      -- Reviewed text begins with a space and follows a marker, never text.
      for before in template:gmatch("(.?.?){{") do t:equal(before, "> ") end
    end
  end),

  -- What was asked first stays as it was asked, so the engine computes it once.
  solon.test("a second question goes on where the first ended", function(t)
    local first, second = c.templates.critique, c.templates.revision
    t:equal(second:sub(1, #first), first)
    first, second = c.templates.compare_cot, c.templates.compare_cot_answer
    t:equal(second:sub(1, #first), first)
  end),

  solon.test("draw follows the weights", function(t)
    local general, drawn, rounds = 0, {}, 1000
    for seed = 1, rounds do
      local principle = c.draw(t:draw_context { principles = c.revision_principles, seed = seed })
      drawn[principle.id] = true
      if principle.tags[1] == "general" then general = general + 1 end
    end
    t:near(general / rounds, 20 / 28.5, 0.05)
    for _, principle in ipairs(c.revision_principles) do t:check(drawn[principle.id], principle.id) end
  end),

  solon.test("draw depends on its random numbers alone", function(t)
    for seed = 1, 20 do
      local function draw() return c.draw(t:draw_context { principles = c.preference_principles, seed = seed }) end
      t:equal(draw().id, draw().id)
    end
  end),

  solon.test("keep refuses a revision that changed nothing", function(t)
    t:equal(c.keep(t:revision_sample { response = "take the ring at night.", revision = "take the ring at night." }), false)
    t:equal(c.keep(t:revision_sample { response = "take the ring at night.", revision = "ask the baker." }), true)
  end),

  solon.test("label is symmetric in the two answers", function(t)
    local votes = {
      t:vote { p = 0.9 }, t:vote { p = 0.4, order = "BA" },
      t:vote { p = 0.99 }, t:vote { p = 0.8, order = "BA", parsed = false },
    }
    for _, context in ipairs { t:label_context(), t:label_context { clamp = { 0.3, 0.7 } } } do
      t:near(c.label(votes, context) + c.label(swapped(t, votes), context), 1, 1e-12)
    end
  end),

  -- A judge that says 0.9 for whatever is shown first knows nothing.
  solon.test("the two orders cancel a liking for the first option", function(t)
    t:near(c.label({ t:vote { p = 0.9 }, t:vote { p = 0.1, order = "BA" } }, t:label_context()), 0.5, 1e-12)
  end),

  solon.test("label leaves out reasonings that did not end", function(t)
    local votes = { t:vote { p = 0.9 }, t:vote { p = 0.1, order = "BA", parsed = false } }
    t:near(c.label(votes, t:label_context()), 0.9, 1e-12)
    t:equal(c.label({ t:vote { p = 0.9, parsed = false } }, t:label_context()), nil)
  end),

  solon.test("label stays within the clamp and moves nothing inside it", function(t)
    local context = t:label_context { clamp = { 0.4, 0.6 } }
    t:equal(c.label({ t:vote { p = 0.97 } }, context), 0.6)
    t:equal(c.label({ t:vote { p = 0.02 } }, context), 0.4)
    t:near(c.label({ t:vote { p = 0.55 } }, context), 0.55, 1e-12)
    t:near(c.label({ t:vote { p = 0.97 } }, t:label_context()), 0.97, 1e-12)
  end),

  solon.test("reward is finite and grows with the score", function(t)
    local last = -math.huge
    for _, score in ipairs { -60, -3.5, -0.1, 0, 0.1, 3.5, 60 } do
      local reward = c.reward(t:reward_sample { score = score })
      t:check(reward > last and reward < math.huge, "score " .. score .. " gives " .. reward)
      last = reward
    end
  end),
}
