/// A figure that training reports: what it is and what to expect of it.
public struct MetricDefinition: Sendable, Codable, Hashable {
  public var name: String
  public var formula: String
  public var unit: String
  /// What a sound run shows, in words.
  public var healthy: String
}

/// Every figure that training reports, in one table, from which documentation,
/// report legends and checks read.
public enum Metrics {
  public static let all: [MetricDefinition] = fineTuning + preference + ppo

  static let fineTuning: [MetricDefinition] = [
    metric(
      "train/loss", "sum(w * -log p) / sum(w) over the batch", "nats per token",
      "falls; starts near log V for fresh weights"),
    metric(
      "train/gradient_norm", "sqrt(sum of squares) of all gradients, before clipping",
      "nats", "steady; spikes under 10 times the median"),
    metric("train/learning_rate", "scheduled rate of the step", "1", "as scheduled"),
    metric(
      "train/tokens_per_second", "tokens of the batch / seconds of the step",
      "tokens per second", "steady"),
  ]

  static let preference: [MetricDefinition] = [
    metric(
      "preference/loss",
      "mean -(p log s(d) + (1-p) log s(-d)), d = score(first) - score(second)",
      "nats per pair", "below ln 2 = 0.693; not below the label entropy on held-out pairs"),
    metric(
      "preference/accuracy",
      "share with sign(d) = sign(p - 0.5); p = 0.5 left out, d = 0 counts half", "1",
      "0.65 to 0.98; 0.45 to 0.55 for random labels"),
    metric(
      "preference/label_entropy", "mean -(p log p + (1-p) log(1-p))", "nats per pair",
      "the least loss possible"),
    metric(
      "preference/calibration_error",
      "sum over 10 bins of s(d): n_b / n * |mean s(d) - mean p|", "1", "below 0.1"),
    metric(
      "preference/identical_pairs", "pairs dropped because both sides are equal",
      "pairs", "few; many mean that sampling has collapsed"),
    metric("preference/score_mean", "mean score over the reference set", "logit", "finite"),
    metric(
      "preference/score_deviation", "standard deviation over the reference set",
      "logit", "above 0"),
  ]

  static let ppo: [MetricDefinition] = [
    metric(
      "objective/score", "mean preference-model score of the rollouts", "logit",
      "rises, then levels off"),
    metric(
      "objective/held_out_score",
      "mean score on held-out prompts under fixed keys, after the iteration", "logit",
      "rises with objective/score; a gap is overfitting to the prompts"),
    metric(
      "objective/reward", "mean of reward(...) minus the missing-end penalty", "logit",
      "rises"),
    metric(
      "objective/kl", "mean over sequences of sum_t(log p - log p_ref) (k1)",
      "nats per sequence", "0 at the start, then rises to 1-30; never clearly below 0"),
    metric(
      "objective/kl3", "mean over sequences of sum_t(exp(-k1) - 1 + k1) (k3)",
      "nats per sequence", "close to objective/kl"),
    metric(
      "objective/kl_coefficient", "reward lost per nat of KL", "1",
      "constant, or moving with objective/kl"),
    metric(
      "objective/entropy", "mean over tokens of -sum p log p, first epoch",
      "nats per token", "falls slowly; a fall to 0 is collapse"),
    metric(
      "policy/ratio", "mean over tokens of exp(log p_new - log p_old)", "1",
      "0.95 to 1.05; exactly 1 before the first update"),
    metric("policy/ratio_max", "largest ratio of a token", "1", "below 10"),
    metric(
      "policy/clip_fraction", "share of tokens whose clipped branch is the loss", "1",
      "0.01 to 0.3"),
    metric(
      "policy/approximate_kl", "mean over tokens of (r - 1) - log r, r = ratio",
      "nats per token", "below 0.05"),
    metric(
      "policy/loss", "mean over tokens of max(-A r, -A clip(r))", "1",
      "near 0, slightly negative"),
    metric(
      "policy/gradient_norm", "mean over updates of the norm before clipping", "1",
      "steady"),
    metric(
      "value/loss", "mean over tokens of max((v - R)^2, (clipped v - R)^2) / 2",
      "logit^2", "falls"),
    metric(
      "value/clip_fraction", "share of tokens whose clipped branch is the loss", "1",
      "below 0.5"),
    metric(
      "value/explained_variance", "1 - Var(R - v) / Var(R), before the update", "1",
      "rises from below 0 towards 0.5 to 1"),
    metric(
      "value/gradient_norm", "mean over updates of the norm before clipping",
      "logit^2", "steady"),
    metric(
      "response/length", "mean tokens of a response", "tokens",
      "steady; growth to the limit means that it forgot to stop"),
    metric(
      "response/end_rate", "share of responses that sampled end-of-turn", "1",
      "above 0.9"),
    metric(
      "response/distinct_1", "distinct / all 1-grams of the iteration's responses", "1",
      "steady; a fall is boilerplate"),
    metric("response/distinct_2", "distinct / all 2-grams", "1", "steady; a fall is boilerplate"),
    metric("response/distinct_3", "distinct / all 3-grams", "1", "steady; a fall is boilerplate"),
    metric("time/sample", "wall clock of generating", "seconds", "steady"),
    metric(
      "time/score", "wall clock of scoring, reference, values, advantages", "seconds",
      "steady"),
    metric("time/update", "wall clock of the epochs", "seconds", "steady"),
    metric("time/evaluate", "wall clock of the held-out evaluation", "seconds", "steady"),
  ]

  private static func metric(
    _ name: String, _ formula: String, _ unit: String, _ healthy: String
  ) -> MetricDefinition {
    MetricDefinition(name: name, formula: formula, unit: unit, healthy: healthy)
  }
}
