-- Figures 4 and 9: how often the feedback model chooses rightly, by size and way of
-- asking, and whether its probabilities come true.

local arms = {}
for index, size in ipairs(require "examples.paper.sizes") do
  arms[index] = { name = size.name, x = size.x, set = {
    model = size.model, through = "judge", ["stages.judge.items"] = 200,
  } }
end

local function accuracy(name, kind, note)
  return { name = name, x = "arm", metric = "right", category = kind, title = "Right choices: " .. kind,
           x_label = "million parameters", y_label = "share of right choices", note = note }
end

return solon.ablation {
  name = "judging",
  claim = "Larger feedback models choose better, reasoning helps, and averaging over five reasonings helps more; probabilities without reasoning are calibrated.",
  base = require "examples.study",
  seeds = { 1, 2 },
  arms = arms,
  figures = {
    accuracy("ordinary", "ordinary", "Comparisons with a known answer, each asked in both orders; intervals over seeds and items."),
    accuracy("conflict", "conflict", "Both replies do as much harm; each is better on one kind, and the principle is about one of the two."),
    accuracy("new-words", "conflict, new words", "The same, with principles in words that stand in definitions alone: out of distribution."),
    { name = "calibration", plot = "calibration", arms = { "4M" }, systems = { "judge direct", "judge reasoning", "judge reasoning x5" },
      title = "Calibration of the feedback model's labels",
      note = "By bins of P(A); Perfect calibration lies on the diagonal." },
  },
  claims = {
    { text = "The largest model beats the smallest", metric = "right", category = "conflict",
      higher = "4M/judge reasoning", than = "0.1M/judge reasoning" },
    { text = "Reasoning helps the largest model", metric = "right", category = "conflict",
      higher = "4M/judge reasoning", than = "4M/judge direct" },
    { text = "Reasoning helps it out of distribution", metric = "right", category = "conflict, new words",
      higher = "4M/judge reasoning", than = "4M/judge direct" },
    { text = "Five reasonings at temperature 1 help more than the greedy one", metric = "right", category = "conflict",
      higher = "4M/judge reasoning x5", than = "4M/judge reasoning" },
  },
}
