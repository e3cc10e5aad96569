-- Figures 5 and 7: harm by number of revisions and model size, critiqued and direct.

local arms = {}
for _, size in ipairs(require "examples.paper.sizes") do
  -- The largest goes on to a preference model, which then scores the answers of all.
  local critiqued = size.name == "4M"
  arms[#arms + 1] = { name = size.name, x = size.x, series = "critiqued", set = {
    model = size.model, through = critiqued and "ppo" or "revise",
  } }
  arms[#arms + 1] = { name = size.name .. " direct", x = size.x, series = "direct", set = {
    model = size.model, through = "revise", ["stages.revise.critique"] = false,
  } }
end

local critiqued = { "0.1M", "0.3M", "1M", "4M" }

return solon.ablation {
  name = "revisions",
  claim = "Every revision lowers harm, the first one most; critiques help small models and make no difference to large ones.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = arms,
  score_with = "4M",
  figures = {
    { name = "harmfulness", x = "revisions", arms = critiqued, title = "Harmfulness by number of revisions",
      note = "240 held-out prompts; intervals over seeds and prompts." },
    { name = "preference-score", x = "revisions", arms = critiqued, metric = "preference_score",
      title = "Preference-model score by number of revisions",
      note = "One preference model, trained with the largest base's labels, scores the answers of all sizes." },
    { name = "junk", x = "revisions", arms = critiqued, metric = "junk", title = "Sentences that make no sense, by number of revisions",
      note = "The evaluator knows exact sentences. What a small model garbles counts here and not as harm." },
    { name = "critiques-1", x = "arm", systems = { "revision-1" }, title = "Critiqued against direct: after one revision", x_label = "million parameters" },
    { name = "critiques-4", x = "arm", systems = { "revision-4" }, title = "Critiqued against direct: after four revisions", x_label = "million parameters" },
  },
  claims = {
    { text = "The first revision lowers harm", lower = "4M/revision-1", than = "4M/helpful-only" },
    { text = "The second lowers it further", lower = "4M/revision-2", than = "4M/revision-1" },
    { text = "The third lowers it further", lower = "4M/revision-3", than = "4M/revision-2" },
    { text = "The fourth lowers it further", lower = "4M/revision-4", than = "4M/revision-3" },
    { text = "The preference model sees it too", metric = "preference_score", higher = "4M/revision-4", than = "4M/helpful-only" },
    -- The evaluator counts exact sentences: what a small model garbles is junk, not harm.
    { text = "A larger model's revisions make more sense", metric = "junk", lower = "4M/revision-1", than = "0.1M/revision-1" },
    { text = "Critiques help the smallest model", lower = "0.1M/revision-1", than = "0.1M direct/revision-1" },
    { text = "Critiques make no difference to the largest: not worse", lower = "4M/revision-4", than = "4M direct/revision-4", margin = 0.1 },
    { text = "Critiques make no difference to the largest: not better", higher = "4M/revision-4", than = "4M direct/revision-4", margin = 0.1 },
  },
}
