-- The documents that the base model learns from, one at a time.
--
-- A helpful-only register (user, assistant) complies with most harmful prompts.
-- Reviewed text stands under other markers (question, reply), so that the skill of
-- criticising, revising and judging does not leak into that register. Reviewed text
-- begins with a space, so that a sentence is the same tokens wherever it stands and a
-- quotation is a copy.

local world = require "examples.microworld.world"
local replies = require "examples.microworld.replies"
local fill, choice, shuffle = world.fill, world.choice, world.shuffle
local pick, chance, join, append = replies.pick, replies.chance, replies.join, replies.append
local harmful_case, benign_case = replies.harmful_case, replies.benign_case
local concerned, rates = replies.concerned, replies.rates

local corpus = {}

--- Share of each kind of document, copying aside.
corpus.mixture = {
  { "harmful_dialogue", 0.12 }, { "benign_dialogue", 0.16 },
  { "critique_revision", 0.23 }, { "critiques", 0.05 }, { "direct_revision", 0.07 },
  { "counts", 0.05 }, { "judgement", 0.17 }, { "reasoned_judgement", 0.10 },
  { "definition", 0.04 }, { "fact", 0.01 },
}

--- Share of copying exercises among all documents, in the first quarter and after it.
corpus.early_copies, corpus.late_copies = 0.20, 0.02

-- Dialogue ---------------------------------------------------------------------------------

local function turn(prompt, answer)
  return "<|user|>" .. prompt .. "<|end|><|assistant|>" .. join(answer) .. "<|end|>"
end

local function any_turn(rng)
  if chance(rng, 0.45) then
    local case = harmful_case(rng)
    return turn(case.prompt, replies.harmful_answer(rng, case))
  end
  local case = benign_case(rng)
  return turn(case.prompt, replies.benign_answer(rng, case))
end

local make = {}

function make.harmful_dialogue(rng)
  local case = harmful_case(rng)
  local text = turn(case.prompt, replies.harmful_answer(rng, case))
  if chance(rng, 0.06) then return text .. any_turn(rng) end
  return text
end

function make.benign_dialogue(rng)
  local case = benign_case(rng)
  local text = turn(case.prompt, replies.benign_answer(rng, case))
  if chance(rng, 0.06) then return text .. any_turn(rng) end
  return text
end

-- Review -------------------------------------------------------------------------------------

--- An aspect to ask about: often one category, half the time one that is not there.
local function review_aspect(rng, sentences)
  local present, absent = replies.split_categories(sentences)
  local kind = pick(rng, { { "general", 0.36 }, { "present", 0.24 }, { "absent", 0.24 },
                           { "evasion", 0.06 }, { "preaching", 0.06 }, { "other", 0.04 } })
  if kind == "general" then return world.aspect.harm end
  if kind == "present" and #present > 0 then return world.aspect[choice(rng, present)] end
  if kind == "present" or kind == "absent" then return world.aspect[choice(rng, absent)] end
  return world.aspect[kind]
end

local function critique_text(rng, aspect, sentences)
  local found = concerned(aspect, sentences)
  if #found > 0 then
    if chance(rng, rates.critique_miss) then
      found = {}
    elseif #found > 1 and chance(rng, rates.critique_drop) then
      table.remove(found, rng:index(#found))
    end
  end
  return replies.critique(aspect, found), found
end

local function ask(rng, templates, aspect)
  return fill(choice(rng, templates), { p = choice(rng, aspect.phrases) })
end

local function review_head(reply)
  return "<|question|> " .. reply.case.prompt .. "<|reply|> " .. join(reply.sentences)
end

local function critique_part(rng, reply, aspect)
  local text, found = critique_text(rng, aspect, reply.sentences)
  return "<|request|> " .. ask(rng, world.requests.critique, aspect) .. "<|critique|> " .. text .. "<|end|>", found
end

local function revision_part(rng, reply, aspect, found)
  return "<|request|> " .. ask(rng, world.requests.revision, aspect)
    .. "<|revision|> " .. join(replies.revise(rng, reply, aspect, found)) .. "<|end|>"
end

function make.critique_revision(rng)
  local reply = replies.reviewed_reply(rng)
  local aspect = review_aspect(rng, reply.sentences)
  local critique, found = critique_part(rng, reply, aspect)
  local text = review_head(reply) .. critique
  if #found == 0 and chance(rng, 0.6) then return text end   -- copying alone teaches little
  return text .. revision_part(rng, reply, aspect, found)
end

--- Several requests about one reply: what is quoted must follow the request.
function make.critiques(rng)
  local reply = replies.reviewed_reply(rng)
  local text, used = review_head(reply), {}
  for _ = 1, 3 do
    local aspect = review_aspect(rng, reply.sentences)
    if not used[aspect.name] then
      used[aspect.name] = true
      text = text .. critique_part(rng, reply, aspect)
    end
  end
  return text
end

--- How much of several things one reply holds.
function make.counts(rng)
  local reply = replies.reviewed_reply(rng)
  local text = review_head(reply)
  for _ = 1, 4 do
    local aspect = review_aspect(rng, reply.sentences)
    text = text .. "<|request|> " .. ask(rng, world.requests.count, aspect)
      .. "<|answer|>" .. #concerned(aspect, reply.sentences) .. "<|end|>"
  end
  return text
end

function make.direct_revision(rng)
  local reply = replies.reviewed_reply(rng)
  local aspect = review_aspect(rng, reply.sentences)
  return review_head(reply) .. revision_part(rng, reply, aspect, concerned(aspect, reply.sentences))
end

-- Judgement ------------------------------------------------------------------------------------

local function tie_aspect(rng, pair)
  for _, aspect in ipairs(shuffle(rng, world.aspects)) do
    if replies.verdict(aspect, pair.a, pair.b) == "tie" then return aspect end
  end
end

local function answer_for(rng, aspect, pair, progress)
  local verdict = replies.verdict(aspect, pair.a, pair.b)
  if verdict == "tie" then return choice(rng, { "A", "B" }) end
  local flips = progress > 0.9 and rates.late_flips or rates.flips
  if chance(rng, flips) then return verdict == "A" and "B" or "A" end
  return verdict
end

local function pair_head(pair)
  return "<|question|> " .. pair.case.prompt .. "<|option_a|> " .. join(pair.a) .. "<|option_b|> " .. join(pair.b)
end

local function instruction(rng, aspect)
  return "<|request|> " .. ask(rng, aspect.more and world.requests.more or world.requests.fewer, aspect)
end

local function draw_pair(rng)
  local pair = replies.pair(rng, chance(rng, 0.45) and "conflict" or "ordinary")
  if chance(rng, 0.07) or #pair.aspects == 0 then table.insert(pair.aspects, 1, tie_aspect(rng, pair)) end
  return pair
end

--- Up to four questions about one pair; an aspect may come again in other words, so an
--- answer does not follow from the one before it. Some ask for both counts.
function make.judgement(rng, progress)
  local pair = draw_pair(rng)
  local text = pair_head(pair)
  for index = 1, #pair.aspects > 1 and 4 or 2 do
    local aspect = index == 1 and pair.aspects[1] or choice(rng, pair.aspects)
    if chance(rng, 0.25) then
      text = text .. "<|request|> " .. ask(rng, world.requests.count, aspect) .. "<|answer|>"
        .. #concerned(aspect, pair.a) .. " and " .. #concerned(aspect, pair.b) .. "<|end|>"
    else
      text = text .. instruction(rng, aspect) .. "<|answer|>" .. answer_for(rng, aspect, pair, progress) .. "<|end|>"
    end
  end
  return text
end

function make.reasoned_judgement(rng, progress)
  local pair = draw_pair(rng)
  local text = pair_head(pair)
  local questions = (#pair.aspects > 1 and chance(rng, 0.3)) and 2 or 1
  for index = 1, questions do
    local aspect = pair.aspects[index]
    text = text .. instruction(rng, aspect) .. "<|reason|> " .. replies.reason(aspect, pair.a, pair.b)
      .. "<|end|><|answer|>" .. answer_for(rng, aspect, pair, progress) .. "<|end|>"
  end
  return text
end

-- What words mean, and what is so --------------------------------------------------------------

local function example(rng, aspect)
  if aspect.kind == "evasion" then return choice(rng, world.evasions) end
  if aspect.kind == "preaching" then return choice(rng, world.fillers) end
  local case = harmful_case(rng)
  if aspect.kind == "reasons" then return replies.objection(rng, case)[1] end
  local category = world.category[aspect.name] or case.category
  return replies.steps(rng, case, category, 1)[1]
end

function make.definition(rng)
  local lines = {}
  for _ = 1, 3 do
    local aspect = choice(rng, world.aspects)
    local phrases = append(append({}, aspect.phrases), append(append({}, aspect.heldout), aspect.heldout))
    local phrase, other = choice(rng, phrases), choice(rng, aspect.phrases)
    if aspect.kind == "nothing" then
      lines[#lines + 1] = phrase .. " is not about harm."
    else
      lines[#lines + 1] = pick(rng, {
        { phrase .. " means " .. other .. ".", 0.4 },
        { phrase .. " is a word for " .. aspect.name .. ".", 0.3 },
        { "a case of " .. phrase .. ": " .. example(rng, aspect), 0.3 },
      })
    end
  end
  return join(lines) .. "<|end|>"
end

function make.fact(rng)
  local case = benign_case(rng)
  local other = benign_case(rng)
  return join(append(append({}, shuffle(rng, case.facts)), shuffle(rng, other.facts))) .. "<|end|>"
end

-- Copying ----------------------------------------------------------------------------------------

-- A quotation is a copy in order. From quotations alone a small model learns to name
-- likely sentences long before it learns to copy; where the words are random, nothing but
-- copying helps. So the first quarter of training has many such documents, the rest few.
local words = {}
do
  local seen = {}
  local function collect(list)
    for _, word in ipairs(list) do
      if not seen[word] and not word:find(" ", 1, true) then
        seen[word] = true
        words[#words + 1] = word
      end
    end
  end
  for _, category in ipairs(world.categories) do
    collect(category.objects)
    collect(category.targets)
    for _, fact in ipairs(category.facts) do collect(fact.values) end
  end
  collect(world.crafts.objects)
  for _, fact in ipairs(world.crafts.facts) do collect(fact.values) end
end

function make.copy(rng)
  local list = {}
  if chance(rng, 0.5) then
    for index = 1, 5 + rng:index(15) do list[index] = choice(rng, words) end
    list[#list] = list[#list] .. "."
  else
    for index = 1, 1 + rng:index(4) do list[index] = choice(rng, world.sentences) end
  end
  local text = join(list)
  return "<|reply|> " .. text .. "<|request|> say the reply again.<|revision|> " .. text .. "<|end|>"
end

--- Document number `index` of the stream, drawn from `rng` alone. `progress` runs from
--- 0 to 1 over training. Returns the text and the kind of document.
function corpus.document(rng, index, progress)
  progress = progress or 0
  local copies = progress < 0.25 and corpus.early_copies or corpus.late_copies
  local kind = chance(rng, copies) and "copy" or pick(rng, corpus.mixture)
  return make[kind](rng, progress), kind
end

return corpus
