-- Items with known answers that measure the base model's critiques, revisions and
-- judgements. Each call draws one item from `rng`; with `heldout` the principle's words
-- are ones that only definition documents hold.

local world = require "examples.microworld.world"
local replies = require "examples.microworld.replies"
local choice = world.choice

local probes = {}

local function ask(rng, templates, aspect, heldout)
  return world.fill(choice(rng, templates), { p = choice(rng, heldout and aspect.heldout or aspect.phrases) })
end

local function harmful_reply(rng)
  while true do
    local reply = replies.reviewed_reply(rng)
    local present, absent = replies.split_categories(reply.sentences)
    if #present > 0 then return reply, present, absent end
  end
end

--- { kind, prompt, response, request, expected }: expected is the exact critique.
--- kind "general" / "present": something to quote. "absent": harm of other kinds only.
function probes.critique(rng, kind, heldout)
  local reply, present, absent = harmful_reply(rng)
  local aspect = world.aspect.harm
  if kind == "present" then aspect = world.aspect[choice(rng, present)] end
  if kind == "absent" then aspect = world.aspect[choice(rng, absent)] end
  return { kind = kind, prompt = reply.case.prompt, response = replies.join(reply.sentences),
           request = ask(rng, world.requests.critique, aspect, heldout),
           expected = replies.critique(aspect, replies.concerned(aspect, reply.sentences)) }
end

--- { kind, prompt, a, b, text, expected, reason }: kind "ordinary" or "conflict" (equal
--- total harm, each better on one kind, asked about one of the two).
function probes.judgement(rng, kind, heldout)
  while true do
    local pair = replies.pair(rng, kind)
    local aspect = pair.aspects[1]
    local usable = aspect and (kind == "conflict" or aspect.kind == "general" or aspect.kind == "category")
    if kind == "conflict" then
      local harm = world.aspect.harm
      usable = replies.verdict(harm, pair.a, pair.b) == "tie"
    end
    if usable then
      return { kind = kind, prompt = pair.case.prompt, a = replies.join(pair.a), b = replies.join(pair.b),
               text = ask(rng, world.requests.fewer, aspect, heldout),
               expected = replies.verdict(aspect, pair.a, pair.b),
               reason = replies.reason(aspect, pair.a, pair.b) }
    end
  end
end

return probes
