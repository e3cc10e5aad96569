-- Requests, replies and pairs of replies, and what is right to say of them: the part
-- of the generator that documents (replies.lua) and measurements (probes.lua) share.

local world = require "examples.microworld.world"
local fill, choice, shuffle = world.fill, world.choice, world.shuffle

local replies = {}

-- How often the generator itself errs or varies. The README publishes these numbers,
-- because they bound what a model of these documents can do.
replies.rates = {
  comply = 0.88, hedge = 0.05, evade = 0.03, object = 0.04,   -- answers to harmful prompts
  second_kind = 0.18,        -- of complying answers hold steps of a second kind
  critique_miss = 0.02,      -- a critique that says "none" though something is there
  critique_drop = 0.02,      -- a critique that leaves one sentence out
  removal = 0.90,            -- chance that a revision drops a named sentence
  guests = 0.35,             -- of harmful requests name a target that no prompt set has
  flips = 0.00, late_flips = 0.04,   -- judgements turned round; late: the last tenth
}
local rates = replies.rates

-- Drawing ----------------------------------------------------------------------------

local function chance(rng, p) return rng:uniform() < p end

--- One of { {value, weight}, ... }.
local function pick(rng, list)
  local total = 0
  for _, item in ipairs(list) do total = total + item[2] end
  local point = rng:uniform() * total
  for _, item in ipairs(list) do
    point = point - item[2]
    if point < 0 then return item[1] end
  end
  return list[#list][1]
end

local function join(list) return table.concat(list, " ") end

local training = {}   -- per category: its training combinations
local seen_targets = {}
for index, category in ipairs(world.categories) do
  training[index], seen_targets[index] = {}, {}
  for _, combination in ipairs(world.combinations(category)) do
    if combination.split == "train" then table.insert(training[index], combination) end
  end
  for _, target in ipairs(category.targets) do
    if not category.unseen[target] then table.insert(seen_targets[index], target) end
  end
end

--- A harmful request: { category, object, target, prompt }.
local function harmful_case(rng)
  local index = rng:index(#world.categories)
  local combination = choice(rng, training[index])
  local category, object, target = combination.category, combination.object, combination.target
  if chance(rng, replies.rates.guests) then
    object, target = choice(rng, category.objects), choice(rng, category.guests)
  end
  return {
    category = category, object = object, target = target,
    prompt = fill(choice(rng, category.prompts), { o = object, t = target }),
  }
end

local function other_category(rng, category)
  local index = rng:index(#world.categories - 1)
  if index >= category.index then index = index + 1 end
  return world.categories[index]
end

--- `count` different steps of a category. Its own steps take the slots of the case;
--- another category's take the same target where they can, and any object.
local function steps(rng, case, category, count)
  local object, target = case.object, case.target
  if category ~= case.category then
    object = choice(rng, category.objects)
    if category.targets ~= case.category.targets or category.unseen[target] then
      target = choice(rng, seen_targets[category.index])
    end
  end
  local list = {}
  for _, template in ipairs(shuffle(rng, category.steps)) do
    if #list == count then break end
    list[#list + 1] = fill(template, { o = object, t = target })
  end
  return list
end

local function append(list, more)
  for _, text in ipairs(more) do list[#list + 1] = text end
  return list
end

local function filled(rng, case, templates)
  return fill(choice(rng, templates), { o = case.object, t = case.target })
end

--- Objection, reason and alternative about this request; now and then less or more.
local function objection(rng, case)
  local list = { filled(rng, case, case.category.objections) }
  local point = rng:uniform()
  if point < 0.92 then list[2] = filled(rng, case, case.category.reasons) end
  if point < 0.84 then list[3] = filled(rng, case, case.category.alternatives) end
  if chance(rng, 0.05) then list[#list + 1] = choice(rng, world.fillers) end
  return list
end

local answer_counts = { { 1, 0.06 }, { 2, 0.20 }, { 3, 0.36 }, { 4, 0.28 }, { 5, 0.10 } }
local review_counts = { { 1, 0.22 }, { 2, 0.22 }, { 3, 0.28 }, { 4, 0.20 }, { 5, 0.08 } }

--- Steps of the case's category, `second` of them replaced by another kind's, shuffled.
local function mixed_steps(rng, case, count, second)
  if count < 2 or second == 0 then return steps(rng, case, case.category, count) end
  local list = steps(rng, case, case.category, count - second)
  append(list, steps(rng, case, other_category(rng, case.category), second))
  return shuffle(rng, list)
end
-- Benign questions -----------------------------------------------------------------------

--- { prompt, facts }: plain help or a legitimate need.
local function benign_case(rng)
  local kind = pick(rng, { { "crafts", 0.48 }, { "folk", 0.08 }, { "legitimate", 0.44 } })
  local source = world[kind]
  if kind == "legitimate" then
    local combination = choice(rng, training[rng:index(#world.categories)])
    source = combination.category
    return { facts = world.facts(source, combination.object_index),
             prompt = fill(choice(rng, source.legitimate), { o = combination.object, t = combination.target }) }
  end
  local object_index, prompt_index
  repeat
    object_index, prompt_index = rng:index(#source.objects), rng:index(#source.prompts)
  until not world.is_heldout_question(object_index, prompt_index)
  return { facts = world.facts(source, object_index),
           prompt = fill(source.prompts[prompt_index], { o = source.objects[object_index] }) }
end

local function benign_answer(rng, case)
  local facts = case.facts
  local point = rng:uniform()
  if point < 0.06 then return { facts[1], facts[2] } end
  if point < 0.09 then return { facts[1] } end
  if point < 0.12 then return { facts[1], facts[2], facts[3], choice(rng, world.fillers) } end
  return facts
end

-- Replies -------------------------------------------------------------------------

local function harmful_answer(rng, case)
  local style = pick(rng, { { "comply", rates.comply }, { "hedge", rates.hedge },
                            { "evade", rates.evade }, { "object", rates.object } })
  if style == "comply" then
    local count = pick(rng, answer_counts)
    local second = 0
    if chance(rng, rates.second_kind) and count > 1 then second = rng:index(count // 2) end
    return mixed_steps(rng, case, count, second)
  elseif style == "hedge" then
    return append({ choice(rng, world.hedges) }, steps(rng, case, case.category, rng:index(2)))
  elseif style == "evade" then
    return { choice(rng, world.evasions) }
  end
  return objection(rng, case)
end

--- A reply under review: { case, sentences, kinds }; `kinds` names the categories in it.
local function reviewed_reply(rng)
  local style = pick(rng, { { "one", 0.40 }, { "two", 0.38 }, { "hedged", 0.05 }, { "objecting", 0.05 },
                            { "object", 0.05 }, { "evade", 0.03 }, { "benign", 0.04 } })
  if style == "benign" then
    local case = benign_case(rng)
    return { case = case, sentences = benign_answer(rng, case), benign = true }
  end
  local case = harmful_case(rng)
  local list
  if style == "one" then
    list = steps(rng, case, case.category, pick(rng, review_counts))
  elseif style == "two" then
    local count = 1 + pick(rng, { { 1, 0.3 }, { 2, 0.35 }, { 3, 0.25 }, { 4, 0.1 } })
    list = mixed_steps(rng, case, count, rng:index(count - 1))
  elseif style == "hedged" then
    list = append({ choice(rng, world.hedges) }, steps(rng, case, case.category, rng:index(3)))
  elseif style == "objecting" then
    list = objection(rng, case)
    append(list, steps(rng, case, case.category, rng:index(2)))
    list = shuffle(rng, list)
  elseif style == "object" then
    list = objection(rng, case)
  else
    list = { choice(rng, world.evasions) }
    if chance(rng, 0.3) then list[2] = choice(rng, world.fillers) end
  end
  if style ~= "object" and style ~= "evade" and chance(rng, 0.05) then
    table.insert(list, rng:index(#list + 1), choice(rng, world.fillers))
  end
  return { case = case, sentences = list }
end

local category_names = {}
for _, category in ipairs(world.categories) do category_names[#category_names + 1] = category.name end

--- The sentences that an aspect is about, in order.
function replies.concerned(aspect, sentences)
  local list = {}
  for _, text in ipairs(sentences) do
    if world.concerns(aspect, world.lookup(text)) then list[#list + 1] = text end
  end
  return list
end
local concerned = replies.concerned

local function split_categories(sentences)
  local present, absent, found = {}, {}, {}
  for _, text in ipairs(sentences) do
    local entry = world.lookup(text)
    if entry.kind == "harm" then found[entry.category] = true end
  end
  for _, name in ipairs(category_names) do
    table.insert(found[name] and present or absent, name)
  end
  return present, absent
end

-- What is right to say ----------------------------------------------------------------

--- A critique as it is written: the aspect's name and the sentences, or "none.".
function replies.critique(aspect, found)
  return aspect.name .. ": " .. (#found > 0 and join(found) or "none.")
end

--- Drops the named sentences; where no harm is left, says why and what else to do.
local function revise(rng, reply, aspect, found)
  if #found == 0 then return reply.sentences end
  local named = {}
  for _, text in ipairs(found) do named[text] = true end
  local kept, harm, objects = {}, false, false
  for _, text in ipairs(reply.sentences) do
    if not named[text] or not chance(rng, rates.removal) then
      kept[#kept + 1] = text
      local kind = world.lookup(text).kind
      if kind == "harm" then harm = true end
      if kind == "objection" then objects = true end
    end
  end
  if reply.benign then return #kept > 0 and kept or reply.sentences end
  if harm or objects then return kept end
  local untouched = #found > 0 and #kept == #reply.sentences
  if untouched then return kept end
  return objection(rng, reply.case)
end

-- Pairs ------------------------------------------------------------------------------

--- "A", "B" or "tie": fewer (or, for reasons, more) of what the aspect is about.
function replies.verdict(aspect, a, b)
  local count_a, count_b = #concerned(aspect, a), #concerned(aspect, b)
  if count_a == count_b then return "tie" end
  local a_wins = count_a < count_b
  if aspect.more then a_wins = not a_wins end
  return a_wins and "A" or "B"
end

--- The chain of thought: what each option holds, and how many.
function replies.reason(aspect, a, b)
  local found_a, found_b = concerned(aspect, a), concerned(aspect, b)
  local function part(found) return (#found > 0 and join(found) or "none.") .. " " .. #found end
  return aspect.name .. " in a: " .. part(found_a) .. " in b: " .. part(found_b)
end

local function any_option(rng, case)
  local style = pick(rng, { { "one", 0.42 }, { "two", 0.18 }, { "object", 0.22 },
                            { "objecting", 0.08 }, { "evade", 0.06 }, { "filler", 0.04 } })
  if style == "one" then return steps(rng, case, case.category, pick(rng, review_counts)) end
  if style == "two" then
    local count = 1 + rng:index(3)
    return mixed_steps(rng, case, count, rng:index(count - 1))
  end
  if style == "object" then return objection(rng, case) end
  if style == "objecting" then
    return shuffle(rng, append(objection(rng, case), steps(rng, case, case.category, rng:index(2))))
  end
  local list = { choice(rng, style == "evade" and world.evasions or world.fillers) }
  if chance(rng, 0.3) then list[2] = choice(rng, world.fillers) end
  return list
end

--- Two replies, each better on some kind of harm: a, b and the aspects that decide
--- between them. Mostly both do as much harm in all.
local function conflict(rng, case)
  local kinds = { case.category, other_category(rng, case.category) }
  if chance(rng, 0.35) then
    local third = other_category(rng, case.category)
    if third ~= kinds[2] then kinds[3] = third end
  end
  local total = pick(rng, { { 2, 0.35 }, { 3, 0.40 }, { 4, 0.25 } })
  local other_total = total
  if chance(rng, 0.2) then other_total = total + 1 end
  while true do
    local counts, other = { 0, 0, 0 }, { 0, 0, 0 }
    for _ = 1, total do local k = rng:index(#kinds); counts[k] = counts[k] + 1 end
    for _ = 1, other_total do local k = rng:index(#kinds); other[k] = other[k] + 1 end
    local aspects, better, worse = {}, false, false
    for index, category in ipairs(kinds) do
      if counts[index] ~= other[index] then aspects[#aspects + 1] = world.aspect[category.name] end
      better = better or counts[index] < other[index]
      worse = worse or counts[index] > other[index]
    end
    if better and worse then
      local a, b = {}, {}
      for index, category in ipairs(kinds) do
        append(a, steps(rng, case, category, counts[index]))
        append(b, steps(rng, case, category, other[index]))
      end
      return shuffle(rng, a), shuffle(rng, b), aspects
    end
  end
end

--- { case, a, b, aspects }: two options and what to ask about them, in random order.
function replies.pair(rng, kind)
  local case = harmful_case(rng)
  local a, b, aspects
  if kind == "conflict" then
    a, b, aspects = conflict(rng, case)
    aspects = shuffle(rng, aspects)
  else
    for _ = 1, 20 do
      a, b = any_option(rng, case), any_option(rng, case)
      local both = append(append({}, a), b)
      local present = split_categories(both)
      local candidates = { world.aspect.harm, world.aspect.harm, world.aspect.reasons,
                           world.aspect.evasion, world.aspect.preaching }
      for _, name in ipairs(present) do candidates[#candidates + 1] = world.aspect[name] end
      local used = {}
      aspects = {}
      for _, aspect in ipairs(shuffle(rng, candidates)) do
        if not used[aspect.name] and replies.verdict(aspect, a, b) ~= "tie" then
          aspects[#aspects + 1] = aspect
        end
        used[aspect.name] = true
      end
      if #aspects > 0 then break end
    end
  end
  if chance(rng, 0.5) then a, b = b, a end
  return { case = case, a = a, b = b, aspects = aspects }
end

replies.pick, replies.chance, replies.join, replies.append = pick, chance, join, append
replies.harmful_case, replies.benign_case, replies.steps = harmful_case, benign_case, steps
replies.harmful_answer, replies.benign_answer = harmful_answer, benign_answer
replies.reviewed_reply, replies.objection = reviewed_reply, objection
replies.split_categories, replies.revise = split_categories, revise

return replies
