---@meta _
-- Written by `scripts/generate-api`; do not edit. Editors with the Lua language server read it.
error("this file describes solon to editors and cannot be run")

---@class solon
solon = {}

-- Definitions

---Stops with a clear message when this program is older than the script.
---
---```lua
---solon.requires(1)
---```
---@param level integer the script API level the script was written for; in [1, 1000000]
function solon.requires(level) end

---Checks a constitution and returns it, frozen.
---
---```lua
---return solon.constitution {
---  name = "minimal",
---  revision_principles = {
---    { id = "harm", critique = "Point out any harm.", revision = "Rewrite it without harm." },
---  },
---  preference_principles = { { id = "harm", text = "Choose the less harmful." } },
---  templates = {
---    critique = "{{prompt}}\n{{response}}\n{{principle.critique}}\n",
---    revision = "{{prompt}}\n{{response}}\n{{critique}}\n{{principle.revision}}\n",
---    compare = "{{prompt}}\n{{principle.text}}\n(A) {{a}}\n(B) {{b}}\nAnswer: (",
---  },
---}
---```
---@param settings solon.constitution the fields of the constitution
---@return solon.constitution # the checked table, read-only
function solon.constitution(settings) end

---Checks an experiment and returns it, frozen.
---
---```lua
---return require "examples.quickstart"
---```
---@param settings solon.experiment the fields of the experiment
---@return solon.experiment # the checked table, read-only
function solon.experiment(settings) end

---Checks an experiment under several settings and seeds and returns it, frozen.
---
---```lua
---return solon.ablation {
---  name = "clamps",
---  base = require "examples.quickstart",
---  vary = { ["stages.label.clamp"] = { none = false, ["40-60"] = { 0.4, 0.6 } } },
---}
---```
---@param settings solon.ablation the fields of the ablation
---@return solon.ablation # the checked table, read-only
function solon.ablation(settings) end

---Checks the settings of a base model's pretraining and returns them, frozen.
---
---```lua
---return require "examples.microworld.pretrain"
---```
---@param settings solon.pretraining the fields of the pretraining
---@return solon.pretraining # the checked table, read-only
function solon.pretraining(settings) end

---Checks a suite of items with known answers and returns it, frozen.
---
---```lua
---return require "examples.microworld.bars"
---```
---@param settings solon.probes the fields of the probes
---@return solon.probes # the checked table, read-only
function solon.probes(settings) end

-- Data

---Reads prompts. Each row needs a `text` (or `prompt`); a missing `id` becomes path:row.
---
---```lua
---local rows = solon.jsonl("examples/data/prompts.jsonl", 10)
---```
---@param path string a file below the project's root, one JSON object a line
---@param limit? integer read only the first rows; in [1, 100000000]
---@return table[] # one table for each row, each with id and text
function solon.jsonl(path, limit) end

-- Arithmetic

---@class solon.stats
solon.stats = {}

---The mean of a list of numbers, or of one field of a list of tables.
---
---```lua
---assert(solon.stats.mean({ { p = 0.2 }, { p = 0.4 } }, "p") - 0.3 < 1e-12)
---```
---@param list any[] a non-empty list
---@param field? string take this field of each element, which is a table
---@return number # the mean
function solon.stats.mean(list, field) end

---The mean of one field of a list of tables, weighted by another.
---
---```lua
---local votes = { { p = 1, weight = 3 }, { p = 0, weight = 1 } }
---assert(solon.stats.weighted_mean(votes, "p", "weight") == 0.75)
---```
---@param list any[] a non-empty list
---@param value string the field to average
---@param weight string the field that weighs it, at least 0
---@return number # the mean
function solon.stats.weighted_mean(list, value, weight) end

---The median of a list of numbers, or of one field of a list of tables.
---
---```lua
---assert(solon.stats.median { 3, 1, 2 } == 2)
---```
---@param list any[] a non-empty list
---@param field? string take this field of each element, which is a table
---@return number # the median; of an even count, the mean of the middle two
function solon.stats.median(list, field) end

---The number, or the bound it lies beyond.
---
---```lua
---assert(solon.stats.clamp(0.99, 0.2, 0.8) == 0.8)
---```
---@param x number
---@param low number
---@param high number
---@return number # in [low, high]
function solon.stats.clamp(x, low, high) end

---A logit as a probability.
---
---```lua
---assert(solon.stats.sigmoid(0) == 0.5)
---```
---@param x number a logit
---@return number # 1 / (1 + exp(-x)), in [0, 1]
function solon.stats.sigmoid(x) end

---A probability as a logit.
---
---```lua
---assert(solon.stats.logit(0.5) == 0)
---```
---@param p number a probability; in [0, 1]
---@return number # log(p / (1 - p)); infinite at 0 and 1; in nats
function solon.stats.logit(p) end

-- Random numbers

---The random numbers of one call, keyed by what they are for.
---@class solon.rng
local rng = {}

---Draws a number.
---
---```lua
---local heads = ctx.rng:uniform() < 0.5
---```
---@return number # uniform in [0, 1)
function rng:uniform() end

---Draws an index.
---
---```lua
---local side = ctx.rng:index(6)
---```
---@param count integer how many there are; in [1, 2147483647]
---@return integer # uniform in 1..count
function rng:index(count) end

---Draws an element, each as likely.
---
---```lua
---local principle = ctx.rng:choice(ctx.principles)
---```
---@param list any a non-empty list
---@return any # one element
function rng:choice(list) end

---Draws an element with a chance in proportion to its `weight` field.
---
---```lua
---local principle = ctx.rng:weighted(ctx.principles)
---```
---@param list any a non-empty list
---@return any # one element
function rng:weighted(list) end

---Returns the same elements as a new list in random order.
---
---```lua
---local order = ctx.rng:shuffle { 1, 2, 3 }
---```
---@param list any a non-empty list
---@return table # a new list
function rng:shuffle(list) end

-- Tests

---A test. A file named *_test.lua returns a list of them, and `solon check` runs them.
---
---```lua
---return {
---  solon.test("the mean of two votes", function(t)
---    t:near(solon.stats.mean({ t:vote { p = 1 }, t:vote { p = 0 } }, "p"), 0.5)
---  end),
---}
---```
---@param name string what must hold
---@param body fun(t: solon.test): nil raises an error when it does not
---@return solon.test # an element of the list that the file returns
function solon.test(name, body) end

---What a test's function gets: checks, and the tables that callbacks are given.
---@class solon.test
local test = {}

---Both are the same value; tables are compared by their contents. Functions have none: compare what they return.
---
---```lua
---t:equal({ 1, { a = 2 } }, { 1, { a = 2 } })
---```
---@param got? any
---@param expected? any
function test:equal(got, expected) end

---The number is within `tolerance` of the expected one.
---
---```lua
---t:near(0.1 + 0.2, 0.3)
---```
---@param got? any
---@param expected number
---@param tolerance? number at least 0; default 1e-09
function test:near(got, expected, tolerance) end

---The condition holds.
---
---```lua
---t:check(1 < 2, "one is less than two")
---```
---@param condition? any anything but nil and false passes
---@param message? string what does not hold
function test:check(condition, message) end

---The function raises an error.
---
---```lua
---t:fails(function() error("no such principle") end, "no such")
---```
---@param body function called without arguments
---@param text? string must be part of the message
---@return string # the message
function test:fails(body, text) end

---A vote as `label` gets it.
---
---```lua
---local vote = t:vote { p = 0.9, order = "BA" }
---assert(vote.parsed)
---```
---@param fields? solon.vote_options those that matter; default {}
---@return solon.vote # 
function test:vote(fields) end

---The second argument of `label`.
---
---```lua
---local ctx = t:label_context { clamp = { 0.2, 0.8 } }
---assert(ctx.clamp[2] == 0.8)
---```
---@param fields? solon.label_context_options those that matter; default {}
---@return solon.label_context # 
function test:label_context(fields) end

---The argument of `draw`, with random numbers keyed by `seed`.
---
---```lua
---local ctx = t:draw_context { principles = { { id = "x", text = "Choose x." } }, seed = 7 }
---assert(ctx.rng:choice(ctx.principles).id == "x")
---```
---@param fields? solon.draw_context_options those that matter; default {}
---@return solon.draw_context # 
function test:draw_context(fields) end

---The argument of `reward`.
---
---```lua
---local sample = t:reward_sample { score = 2, length = 40 }
---assert(sample.ended)
---```
---@param fields? solon.reward_sample_options those that matter; default {}
---@return solon.reward_sample # 
function test:reward_sample(fields) end

---The argument of `keep`.
---
---```lua
---local sample = t:revision_sample { revision = "a response" }
---assert(sample.revision == sample.response)
---```
---@param fields? solon.revision_sample_options those that matter; default {}
---@return solon.revision_sample # 
function test:revision_sample(fields) end

-- Models (in a session)

---Loads a model.
---
---```lua
---m = solon.model "base"
---```
---@param path string a Hugging Face directory
---@param options? solon.loading how to compute; default {}
---@return solon.model # the loaded model
function solon.model(path, options) end

---Loads a preference model.
---
---```lua
---pm = run:preference_model()  -- or solon.preference_model "directory"
---```
---@param path string a directory that holds a preference model
---@return solon.preference_model # the loaded model
function solon.preference_model(path) end

---Asks a model for a critique of a response by one principle.
---
---```lua
---print(solon.critique(m, c, {
---  prompt = "paint it", response = "red", principle = c.revision_principles[1].id }))
---```
---@param model solon.model from solon.model
---@param constitution solon.constitution whose templates and functions are used
---@param question solon.critique_question what to criticise, and how
---@return string # the critique
function solon.critique(model, constitution, question) end

---Asks a model for a revision of a response, after a critique or directly.
---
---```lua
---print(solon.revise(m, c, {
---  prompt = "paint it", response = "red", critique = "not red",
---  principle = c.revision_principles[1].id }))
---```
---@param model solon.model from solon.model
---@param constitution solon.constitution whose templates and functions are used
---@param question solon.revision_question what to revise, and how
---@return string # the revision
function solon.revise(model, constitution, question) end

---Asks a model which of two answers is better, in both orders.
---
---```lua
---local result = solon.compare(m, c, { prompt = "paint it", a = "red", b = "green" })
---for _, vote in ipairs(result.votes) do print(vote.principle, vote.order, vote.p) end
---```
---@param model solon.model from solon.model
---@param constitution solon.constitution whose templates and functions are used
---@param question solon.comparison_question what to compare, and how
---@return solon.comparison # the label and its votes
function solon.compare(model, constitution, question) end

---Answers a prompt, then criticises and revises the answer round by round.
---
---```lua
---for _, step in ipairs(solon.chain(m, c, "paint it", { rounds = 2 })) do
---  print(step.principle, step.revision)
---end
---```
---@param model solon.model from solon.model
---@param constitution solon.constitution whose templates and functions are used
---@param prompt string what the user says
---@param options? solon.chain_options how far, and how; default {}
---@return solon.chain_step[] # one table for each round
function solon.chain(model, constitution, prompt, options) end

---A loaded language model.
---@class solon.model
local model = {}

---Answers a prompt.
---
---```lua
---print(m:generate("paint it", { temperature = 0 }))
---```
---@param prompt string what the user says
---@param options? solon.sampling how to sample; default {}
---@return string # the answer
function model:generate(prompt, options) end

---Answers a prompt several times, each with a draw of its own.
---
---```lua
---for _, answer in ipairs(m:sample("paint it", 3)) do print(answer) end
---```
---@param prompt string what the user says
---@param count integer how many answers; in [1, 10000]
---@param options? solon.sampling how to sample; default {}
---@return string[] # the answers
function model:sample(prompt, count, options) end

---Counts a text's tokens.
---
---```lua
---print(m:tokens("paint it"))
---```
---@param text string any text
---@return integer # how many; in tokens
function model:tokens(text) end

---A loaded preference model.
---@class solon.preference_model
local preference_model = {}

---Scores an answer to a prompt.
---
---```lua
---local pm = run:preference_model()
---print(pm:score("paint it", "green") - pm:score("paint it", "red"))
---```
---@param prompt string what the user says
---@param answer string what is scored
---@return number # of which only differences between answers mean something; in logits
function preference_model:score(prompt, answer) end

-- Runs (in a session)

---Runs an experiment, as `solon run` does; what is on record is not computed again.
---
---```lua
---finished = solon.run(e, { limit = 2 })
---print(finished:summary())
---```
---@param experiment solon.experiment from solon.experiment, such as `require "…"`
---@param options? solon.run_options what to change; default {}
---@return solon.run # the finished run
function solon.run(experiment, options) end

---Runs the stages before training on a few prompts: responses, revisions, votes, labels.
---
---```lua
---sliced = solon.slice(e, { limit = 2, set = { ["stages.revise.rounds"] = 1 } })
---print(sliced:summary())
---```
---@param experiment solon.experiment from solon.experiment, such as `require "…"`
---@param options? solon.slice_options what to change; default {}
---@return solon.run # the finished slice
function solon.slice(experiment, options) end

---The runs on record.
---
---```lua
---for _, r in ipairs(solon.runs(5)) do print(r.id, r.name, r.status) end
---```
---@param count? integer at most so many; in [1, 1000000]; default 20
---@return solon.run_facts[] # newest first
function solon.runs(count) end

---Opens a run of the record.
---
---```lua
---latest = solon.open()
---```
---@param run? string an id, its beginning, or a name; the latest when left out
---@return solon.run # the run
function solon.open(run) end

---A run of the record.
---@class solon.run
local run = {}

---What the record says of the run as a whole.
---
---```lua
---print(run:facts().id)
---```
---@return solon.run_facts # 
function run:facts() end

---The tables that `solon show` prints.
---
---```lua
---print(run:summary())
---```
---@return string # 
function run:summary() end

---Every measured mean with its interval.
---
---```lua
---for _, f in ipairs(run:figures()) do
---  if f.metric == "harmfulness" and not f.category then print(f.system, f.mean) end
---end
---```
---@return solon.figure[] # 
function run:figures() end

---Texts that models wrote in the run.
---
---```lua
---for _, s in ipairs(run:samples { kind = "critique" }) do print(s.text) end
---```
---@param filter? solon.sample_filter which; default {}
---@return solon.sample[] # 
function run:samples(filter) end

---Everything the run holds on one prompt: answers, critiques, revisions, votes.
---
---```lua
---print(run:transcript(run:samples()[1].prompt_id))
---```
---@param prompt_id string a prompt's id
---@return string # 
function run:transcript(prompt_id) end

---What changed from this run to another.
---
---```lua
---print(run:diff(solon.open()))
---```
---@param other solon.run the run to compare with
---@return string # 
function run:diff(other) end

---Loads a model that the run used or made.
---
---```lua
---m = run:model "sl-cai"
---```
---@param role? string "helpful-only", "sl-cai", "rl-cai"…; default "rl-cai"
---@return solon.model # 
function run:model(role) end

---Loads the run's preference model.
---
---```lua
---pm = run:preference_model()
---```
---@return solon.preference_model # 
function run:preference_model() end

---@class solon.constitution
---@field name string shown in records and reports
---@field version? integer raise it when the meaning changes; in [1, 1000000]; default 1
---@field revision_principles solon.revision_principle[] supervised stage
---@field preference_principles solon.preference_principle[] reinforcement-learning stage
---@field exemplars? solon.exemplars few-shot texts
---@field templates solon.templates how questions are put to the model
---@field stop? string[] texts that end an answer to a template, besides the end of a turn; not part of it
---@field draw? fun(ctx: solon.draw_context): table chooses the principle for an item; uniform when absent
---@field keep? fun(sample: solon.revision_sample): boolean whether a revision enters fine-tuning; all do when absent
---@field label? fun(votes: solon.vote[], ctx: solon.label_context): number? votes to P(A is better); their clamped mean when absent
---@field reward? fun(sample: solon.reward_sample): number shapes the preference model's score; the score when absent

---@class solon.revision_principle
---@field id string unique name, recorded with every revision
---@field tags? string[] labels, such as the kind of harm
---@field weight? number relative chance for rng:weighted; in [1e-06, 1000000]; default 1
---@field critique string asks for a critique of the response
---@field revision string asks for a rewrite of the response

---@class solon.preference_principle
---@field id string unique name, recorded with every vote
---@field tags? string[] labels, such as the kind of harm
---@field weight? number relative chance for rng:weighted; in [1e-06, 1000000]; default 1
---@field text string says which of two responses to choose

---@class solon.exemplars
---@field critique? string[] texts that stand before the critique template
---@field revision? string[] texts that stand before the revision template
---@field direct_revision? string[] texts that stand before the direct_revision template
---@field compare? string[] texts that stand before the compare template
---@field compare_cot? string[] texts that stand before the compare_cot template
---@field prompted? string[] texts that stand before the prompted template

---@class solon.templates
---@field critique string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{response}} {{principle.critique}}
---@field revision string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{response}} {{principle.critique}} {{critique}} {{principle.revision}}
---@field direct_revision? string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{response}} {{principle.revision}}
---@field compare string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{a}} {{b}} {{principle.text}}
---@field compare_cot? string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{a}} {{b}} {{principle.text}}
---@field compare_cot_answer? string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{a}} {{b}} {{principle.text}} {{reasoning}}
---@field prompted? string|(fun(slots: solon.template_slots): string) uses {{prompt}} {{principles}}

---@class solon.template_slots
---@field prompt string what the user said
---@field response? string for critique and revision
---@field critique? string for revision
---@field a? string for comparisons: the option shown first
---@field b? string for comparisons: the option shown second
---@field reasoning? string for compare_cot_answer
---@field ["principle.critique"]? string for critique and revision
---@field ["principle.revision"]? string for revision
---@field ["principle.text"]? string for comparisons

---@class solon.draw_context
---@field principles (solon.revision_principle|solon.preference_principle)[] revision or preference principles
---@field stage "revise"|"compare" which stage asks
---@field round integer revision round from 1, or draw from 0; in [0, 1000000]
---@field prompt solon.prompt the prompt, with all fields of its row
---@field rng solon.rng random numbers keyed by seed, stage, item and round

---@class solon.prompt
---@field id string unique in the experiment
---@field text string what the user says
---@field category? string the kind of harm it asks for

---@class solon.revision_sample
---@field prompt solon.prompt the prompt, with all fields of its row
---@field round integer of critique and revision; in [1, 1000000]
---@field principle solon.revision_principle that was drawn
---@field response string what was criticised
---@field critique string empty when revising directly
---@field revision string the rewritten response

---@class solon.vote
---@field principle solon.preference_principle that was asked
---@field order "AB"|"BA" which of the pair was shown first
---@field p number P(A is better), whichever was shown first; in [0, 1]
---@field log_first number log-probability of choosing the first option shown; in nats
---@field log_second number log-probability of choosing the second option shown; in nats
---@field reasoning? string the chain of thought, when asked for
---@field parsed boolean false when the reasoning did not end

---@class solon.label_context
---@field prompt solon.prompt the prompt, with all fields of its row
---@field a string the first response of the pair
---@field b string the second
---@field clamp boolean|number[] stages.label.clamp: false, or { low, high }
---@field chain_of_thought boolean whether the judge reasoned first

---@class solon.reward_sample
---@field score number of the preference model; in logit
---@field kl number from the reference, of the whole response; in nats
---@field length integer the end included; in tokens; in [0, 10000000]
---@field ended boolean whether the response ended its turn
---@field text string the response
---@field prompt_id string the prompt's id
---@field iteration integer of PPO; in [0, 10000000]

---@class solon.experiment
---@field name string shown in records and reports
---@field seed? integer keys every draw; at least 0; default 1
---@field constitution solon.constitution what solon.constitution returned
---@field model string a Hugging Face directory, from the project's root
---@field precision? "float32"|"bfloat16" of matrix products in every stage; weights and sums stay float32; default "float32"
---@field prompts solon.prompts training and held-out prompts
---@field evaluator table<string, any> judges held-out responses and compares helpfulness
---@field stages? solon.stages settings by stage
---@field through? "judge"|"revise"|"finetune"|"ppo" the last stage before the evaluation; default "ppo"
---@field controls? ("random_labels"|"flipped_labels"|"matched_entropy"|"prompted")[] further systems trained or sampled beside RL-CAI

---@class solon.prompts
---@field harmful any[] red-team prompts for training
---@field helpful any[] ordinary prompts for training
---@field harmful_heldout any[] red-team prompts for evaluation only
---@field helpful_heldout any[] ordinary prompts for evaluation only

---@class solon.stages
---@field respond? solon.respond first responses
---@field revise? solon.revise critiques and revisions
---@field finetune? solon.finetune SL-CAI
---@field compare? solon.compare votes on pairs
---@field label? solon.label votes to labels
---@field preference? solon.preference preference model
---@field ppo? solon.ppo RL-CAI
---@field evaluate? solon.evaluate held-out measurement
---@field judge? solon.judge the feedback model on known answers

---@class solon.respond
---@field temperature? number of first responses; in [0, 5]; default 1
---@field max_tokens? integer longest response; in [1, 10000000]; default 64
---@field helpful_samples? integer responses to each ordinary prompt; in [1, 64]; default 1

---@class solon.revise
---@field rounds? integer critique and revision rounds; in [1, 64]; default 4
---@field critique? boolean false revises directly, with templates.direct_revision; default true
---@field temperature? number of critiques and revisions; in [0, 5]; default 1
---@field max_tokens? integer longest critique or revision; in [1, 10000000]; default 96

---@class solon.finetune
---@field epochs? integer passes over revisions and helpful responses; in [1, 1000]; default 1
---@field batch? integer sequences a step; in [1, 10000000]; default 32
---@field rounds? integer learn from the revisions of so many first rounds, all when absent; 0 trains nothing, and the RL stage starts from the model itself; in [0, 64]
---@field learning_rate? number peak; in [1e-09, 1]; default 0.0005
---@field schedule? "constant"|"cosine" of the rate; default "constant"
---@field warmup? integer steps to reach the peak; in [0, 1000000]; default 0
---@field weight_decay? number on matrices only; in [0, 10]; default 0
---@field clip? number largest gradient norm; in [1e-06, 1000000]; default 1
---@field beta2? number AdamW's second decay; in [0, 0.99999]; default 0.98

---@class solon.compare
---@field temperature? number of the two responses; in [0, 5]; default 1
---@field max_tokens? integer longest response; in [1, 10000000]; default 64
---@field chain_of_thought? boolean reason before choosing; default true
---@field reasoning_temperature? number of the reasoning; in [0, 5]; default 0
---@field reasoning_tokens? integer longest reasoning; in [1, 10000000]; default 128
---@field principles? integer principles asked for each pair; in [1, 64]; default 1

---@class solon.label
---@field clamp? boolean|number[] false, or { low, high } handed to the label function as ctx.clamp; default false
---@field source? "principles"|"evaluator"|"random"|"flipped"|"none" of harmlessness labels: votes, the evaluator in place of people, or controls: coin flips, 1 - label, no pairs at all; default "principles"
---@field instruction? string handed to the evaluator's compare, as people are told what to prefer
---@field noise? number share of harmlessness labels that are turned round; in [0, 1]; default 0

---@class solon.preference
---@field epochs? integer passes over the pairs; in [1, 1000]; default 2
---@field batch? integer pairs a step; in [1, 10000000]; default 16
---@field held_out? number share of pairs kept for accuracy and calibration; in [0, 1]; default 0.1
---@field learning_rate? number peak; in [1e-09, 1]; default 0.0005
---@field schedule? "constant"|"cosine" of the rate; default "constant"
---@field warmup? integer steps to reach the peak; in [0, 1000000]; default 0
---@field weight_decay? number on matrices only; in [0, 10]; default 0
---@field clip? number largest gradient norm; in [1e-06, 1000000]; default 1
---@field beta2? number AdamW's second decay; in [0, 0.99999]; default 0.98

---@class solon.ppo
---@field iterations? integer rollout and update rounds; in [1, 100000]; default 30
---@field rollouts? integer responses a round; in [2, 10000000]; default 96
---@field harmful_share? number of rollouts on red-team prompts; in [0, 1]; default 0.6
---@field max_tokens? integer longest response; in [1, 10000000]; default 64
---@field temperature? number of the policy, in sampling and in log-probs; in [0.05, 5]; default 1
---@field learning_rate? number of the policy; in [1e-09, 1]; default 0.0002
---@field value_learning_rate? number of the value network; in [1e-09, 1]; default 0.0005
---@field epochs? integer passes over each round's responses; in [1, 64]; default 2
---@field minibatch? integer responses an update; in [1, 10000000]; default 48
---@field kl_coefficient? number of the per-token KL penalty, in reward units a nat; in [0, 100]; default 0.3
---@field kl_target? number nats a response; makes the coefficient adaptive; in [1e-06, 1000000]
---@field clip? number of the probability ratio; in [0.001, 0.999]; default 0.2
---@field value_clip? number of the value's change; in [0.001, 1000]; default 0.2
---@field gamma? number discount; in [0, 1]; default 1
---@field lambda? number of generalised advantage estimation; in [0, 1]; default 0.95
---@field missing_end_penalty? number taken from a response without an end; in [0, 1000]; default 1
---@field kl_limit? number nats a response; training stops above it; in [0, 1000000]; default 50
---@field snapshots? integer policies kept on the way, evenly spaced, and evaluated; in [0, 100]; default 0

---@class solon.evaluate
---@field temperature? number of evaluated responses; in [0, 5]; default 1
---@field max_tokens? integer longest response; in [1, 10000000]; default 64
---@field samples? integer responses to each held-out prompt; in [1, 64]; default 1
---@field bootstrap? integer resamples for 95 % intervals; in [100, 100000]; default 2000
---@field greedy? boolean evaluate every system at temperature 0 too; default false

---@class solon.judge
---@field items? integer of each kind of the evaluator's judgements, put to the feedback model; 0 for none; in [0, 1000000]; default 0
---@field samples? integer reasonings at temperature 1 whose choices are averaged, besides the greedy one; 0 for none; in [0, 64]; default 5

---@class solon.ablation
---@field name string shown in records and reports
---@field claim? string what it is there to test, in words; default ""
---@field base solon.experiment what every arm shares
---@field arms? solon.ablation_arm[] the settings to compare, one by one
---@field vary? table<string, any> the settings to compare as a grid: a list or table of values by path
---@field seeds? integer[] every arm is run with each; default { 1 }
---@field control? string the arm that others are compared with
---@field score_with? string the arm whose preference model gives preference_score
---@field figures? solon.ablation_figure[] what to draw
---@field claims? solon.ablation_claim[] what to decide
---@field bootstrap? integer resamples for 95 % intervals; in [100, 100000]; default 2000

---@class solon.ablation_arm
---@field name string unique; shown in figures
---@field set? table<string, any> what differs from the base: values by path, such as ["stages.label.clamp"]
---@field x? number where the arm stands in figures over arms
---@field series? string the curve it belongs to in figures over arms
---@field target? string the kind of harm that its constitution is against

---@class solon.ablation_figure
---@field name string unique; names its files: letters, digits, hyphens
---@field plot? "metric"|"elo"|"categories"|"calibration"|"agreement"|"principles" a metric; Elo of two kinds; harm by arm and category; calibration of judgements; agreement of two raters; effect by principle; default "metric"
---@field title string above it
---@field note? string below it; default ""
---@field x_label? string of the horizontal axis; default ""
---@field y_label? string of the vertical axis; the metric when empty; default ""
---@field x? "system"|"revisions"|"iterations"|"arm" what goes along: systems, rounds of revision, iterations of PPO, or arms; default "system"
---@field systems? string[] of which; by default what x needs. With x = 'iterations', endings of their names, such as " T=0"
---@field arms? string[] of which; all when absent
---@field noise? number agreement: chance that a rater is off by one; in [0, 1]; default 0.1
---@field metric? string a number of the evaluator's judge; or own_harm, length, preference_score (by score_with), phrases (share of words in phrases that answers to many prompts have), diversity (distance of the answers that different seeds give to one prompt), preferred (share of prompts on which compare prefers the answer; claims only); default "harmfulness"
---@field category? string only prompts of this kind
---@field prompts? integer only so many, drawn at random from the held-out prompts; in [1, 1000000]
---@field instruction? string handed to the evaluator's compare
---@field only? "non_evasive"|"same_length" only pairs of answers of which neither evades, or of about the same length
---@field strip? boolean take out sentences made of phrases that answers to many prompts have; default false

---@class solon.ablation_claim
---@field text string what is claimed, in words
---@field lower? string `arm/system` that is claimed to be lower
---@field higher? string `arm/system` that is claimed to be higher
---@field than number|string `arm/system`, or a number
---@field margin? number how much worse may still count as the claimed order (above 0), or how much better it must be (below 0); default 0
---@field at_equal_kl? boolean compare the snapshots of both arms with about the same KL to what PPO started from, the largest there is; undecided when none come within a quarter; default false
---@field metric? string a number of the evaluator's judge; or own_harm, length, preference_score (by score_with), phrases (share of words in phrases that answers to many prompts have), diversity (distance of the answers that different seeds give to one prompt), preferred (share of prompts on which compare prefers the answer; claims only); default "harmfulness"
---@field category? string only prompts of this kind
---@field prompts? integer only so many, drawn at random from the held-out prompts; in [1, 1000000]
---@field instruction? string handed to the evaluator's compare
---@field only? "non_evasive"|"same_length" only pairs of answers of which neither evades, or of about the same length
---@field strip? boolean take out sentences made of phrases that answers to many prompts have; default false

---@class solon.pretraining
---@field name string shown in records
---@field seed? integer keys every draw; at least 0; default 1
---@field output string the directory to write
---@field document fun(rng: solon.rng, index: integer, progress: number): string draws a document of the stream
---@field tokenizer solon.tokenizer byte-level BPE to train
---@field end_of_text string a special token
---@field padding string a special token
---@field chat solon.chat how a conversation is written
---@field model solon.model size of the network
---@field optimizer? solon.optimizer AdamW
---@field tokens integer to train on; in [1, 1000000000000]
---@field batch_tokens? integer a step; whole documents; in [1, 10000000]; default 2048
---@field precision? "float32"|"bfloat16" of the file; default "bfloat16"

---@class solon.tokenizer
---@field vocabulary integer entries, special tokens included; in [257, 1000000]
---@field special_tokens string[] first entries, in order
---@field documents? integer read to learn the merges; in [1, 10000000]; default 20000

---@class solon.chat
---@field user string before what the user says
---@field assistant string before an answer
---@field end_of_turn string after either

---@class solon.model
---@field hidden integer C; in [1, 10000000]
---@field intermediate integer F; in [1, 10000000]
---@field layers integer decoder layers; in [1, 1000]
---@field heads integer H; must divide hidden; in [1, 1000]
---@field key_value_heads integer G; must divide heads; in [1, 1000]
---@field context integer most positions; in [1, 10000000]

---@class solon.optimizer
---@field learning_rate? number peak; in [1e-09, 1]; default 0.002
---@field schedule? "constant"|"cosine" of the rate; default "constant"
---@field warmup? integer steps to reach the peak; in [0, 1000000]; default 0
---@field weight_decay? number on matrices only; in [0, 10]; default 0
---@field clip? number largest gradient norm; in [1e-06, 1000000]; default 1
---@field beta2? number AdamW's second decay; in [0, 0.99999]; default 0.98

---@class solon.probes
---@field name string shown with the results
---@field seed? integer keys every draw; at least 0; default 1
---@field model string a Hugging Face directory, from the project's root
---@field constitution solon.constitution whose templates put the questions
---@field count? integer items of each kind; in [1, 1000000]; default 400
---@field max_tokens? integer longest critique or reasoning; in [1, 100000]; default 128
---@field critiques? table<string, fun(rng: solon.rng): table> by kind of item: draws one
---@field judgements? table<string, fun(rng: solon.rng): table> by kind of item: draws one

---@class solon.vote_options
---@field principle? solon.preference_principle that was asked; default { id = "example", tags = {}, weight = 1, text = "Choose the better." }
---@field order? "AB"|"BA" which of the pair was shown first; default "AB"
---@field p? number P(A is better), whichever was shown first; in [0, 1]; default 0.5
---@field log_first? number log-probability of choosing the first option shown; in nats; default -0.7
---@field log_second? number log-probability of choosing the second option shown; in nats; default -0.7
---@field reasoning? string the chain of thought, when asked for
---@field parsed? boolean false when the reasoning did not end; default true

---@class solon.label_context_options
---@field prompt? solon.prompt the prompt, with all fields of its row; default { id = "example", text = "an example prompt" }
---@field a? string the first response of the pair; default "one answer"
---@field b? string the second; default "another answer"
---@field clamp? boolean|number[] stages.label.clamp: false, or { low, high }; default false
---@field chain_of_thought? boolean whether the judge reasoned first; default false

---@class solon.draw_context_options
---@field principles (solon.revision_principle|solon.preference_principle)[] revision or preference principles
---@field stage? "revise"|"compare" which stage asks; default "revise"
---@field round? integer revision round from 1, or draw from 0; in [0, 1000000]; default 1
---@field prompt? solon.prompt the prompt, with all fields of its row; default { id = "example", text = "an example prompt" }
---@field seed? integer names the random numbers; at least 0; default 1

---@class solon.reward_sample_options
---@field score? number of the preference model; in logit; default 0
---@field kl? number from the reference, of the whole response; in nats; default 0
---@field length? integer the end included; in tokens; in [0, 10000000]; default 20
---@field ended? boolean whether the response ended its turn; default true
---@field text? string the response; default "an answer"
---@field prompt_id? string the prompt's id; default "example"
---@field iteration? integer of PPO; in [0, 10000000]; default 0

---@class solon.revision_sample_options
---@field prompt? solon.prompt the prompt, with all fields of its row; default { id = "example", text = "an example prompt" }
---@field round? integer of critique and revision; in [1, 1000000]; default 1
---@field principle? solon.revision_principle that was drawn; default { id = "example", tags = {}, weight = 1, critique = "What is wrong with it?", revision = "Put it right." }
---@field response? string what was criticised; default "a response"
---@field critique? string empty when revising directly; default "a critique"
---@field revision? string the rewritten response; default "a revision"

---@class solon.loading
---@field precision? "float32"|"bfloat16" of matrix products; default "float32"

---@class solon.critique_question
---@field prompt string what the user says
---@field response string what is criticised
---@field principle string the id of a revision principle
---@field temperature? number 0 takes the likeliest token each time; in [0, 5]; default 1
---@field max_tokens? integer longest critique or revision; in [1, 100000]; default 96
---@field seed? integer names the draw: the same gives the same answer; at least 0; default 1

---@class solon.revision_question
---@field prompt string what the user says
---@field response string what is criticised
---@field principle string the id of a revision principle
---@field critique? string revises directly when left out
---@field temperature? number 0 takes the likeliest token each time; in [0, 5]; default 1
---@field max_tokens? integer longest critique or revision; in [1, 100000]; default 96
---@field seed? integer names the draw: the same gives the same answer; at least 0; default 1

---@class solon.comparison_question
---@field prompt string what the user says
---@field a string an answer
---@field b string another
---@field principle? string|string[] ids of preference principles; all when left out
---@field chain_of_thought? boolean reason before choosing; default false
---@field reasoning_tokens? integer longest reasoning; in [1, 100000]; default 128
---@field temperature? number of the reasoning; in [0, 5]; default 0
---@field seed? integer names the draw: the same gives the same answer; at least 0; default 1

---@class solon.comparison
---@field p? number what the constitution's `label` makes of the votes; absent when it drops the pair; in [0, 1]
---@field votes solon.comparison_vote[] two for each principle

---@class solon.comparison_vote
---@field principle string its id
---@field order "AB"|"BA" which answer was shown first
---@field p number P(A is better), whichever was shown first; in [0, 1]
---@field reasoning? string the chain of thought
---@field parsed boolean false when the reasoning did not end

---@class solon.chain_options
---@field rounds? integer of critique and revision; in [1, 64]; default 1
---@field response? string where to start; the model's answer when left out
---@field temperature? number 0 takes the likeliest token each time; in [0, 5]; default 1
---@field max_tokens? integer longest critique or revision; in [1, 100000]; default 96
---@field seed? integer names the draw: the same gives the same answer; at least 0; default 1

---@class solon.chain_step
---@field round integer from 1; in [1, 64]
---@field principle string the id of the principle that was drawn
---@field response string what was criticised
---@field critique string what was said of it
---@field revision string what became of it

---@class solon.sampling
---@field temperature? number 0 takes the likeliest token each time; in [0, 5]; default 1
---@field max_tokens? integer longest answer; in [1, 100000]; default 64
---@field seed? integer names the draw: the same gives the same answer; at least 0; default 1

---@class solon.run_options
---@field limit? integer only so many prompts of each set, evenly spaced, for trying out; in [1, 100000000]
---@field set? table<string, any> settings by path, such as ["stages.revise.rounds"] = 2; default {}

---@class solon.slice_options
---@field limit? integer only so many prompts of each set, evenly spaced, for trying out; in [1, 100000000]; default 16
---@field set? table<string, any> settings by path, such as ["stages.revise.rounds"] = 2; default {}

---@class solon.run_facts
---@field id string short, unique in the record
---@field name string of the experiment
---@field seed integer of the experiment
---@field status string running, finished, failed, stopped or interrupted
---@field constitution string its name
---@field started string UTC
---@field limit? integer prompts of each set, for a run to try out
---@field seconds? number of the whole run

---@class solon.figure
---@field system string whose answers
---@field metric string such as "harmfulness"
---@field category? string of harm; absent for all together
---@field mean number over prompts
---@field low number 95 % interval
---@field high number 95 % interval
---@field n integer prompts

---@class solon.sample_filter
---@field stage? string such as "revise" or "evaluate"
---@field system? string such as "sl-cai"
---@field prompt_id? string a prompt's id
---@field kind? "response"|"critique"|"revision"|"reasoning" what the text is
---@field principle? string the id of the principle it was asked with
---@field contains? string text that it holds
---@field limit? integer at most so many; in [1, 1000000]; default 20

---@class solon.sample
---@field stage string that made it
---@field system? string whose answer it is
---@field prompt_id string a prompt's id
---@field prompt? string what the user says
---@field round integer of revision, 0 for the first response
---@field kind string response, critique, revision or reasoning
---@field principle? string the id of the principle it was asked with
---@field text string what the model wrote
