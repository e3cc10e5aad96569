/// How PPO runs. Every default is written here once; see `Metrics.all` for the
/// figures to watch.
public struct PPOOptions: Codable, Hashable, Sendable {
  /// Rounds of sampling and updating.
  public var iterations = 30
  /// Responses sampled per iteration.
  public var rollouts = 96
  /// Longest response, tokens, the end-of-turn included.
  public var maximumNewTokens = 64
  /// Sampling temperature. The policy *is* the tempered distribution: every
  /// log-probability, KL and ratio is taken at this temperature.
  public var temperature: Float = 1
  /// Of the policy's AdamW (betas 0.9 and 0.95, no weight decay).
  public var learningRate = 2e-4
  /// Of the value network's AdamW (likewise).
  public var valueLearningRate = 5e-4
  /// How both rates move over all the run's optimiser steps.
  public var schedule = LearningRateSchedule.constant
  /// Optimiser steps over which both rates rise to their peak.
  public var warmupSteps = 5
  /// Largest global gradient norm of each network.
  public var clipNorm = 1.0
  /// First iterations in which only the value network learns.
  public var valueWarmupIterations = 0
  /// Passes over an iteration's rollouts.
  public var epochs = 2
  /// Rollouts per optimiser step.
  public var minibatch = 32
  /// Reward lost per nat of KL (estimator k1, token by token).
  public var klCoefficient = 0.1
  /// Mean KL per sequence, nats, that the coefficient is steered to; `nil`
  /// keeps the coefficient fixed. Controller of Ziegler et al., "Fine-tuning
  /// language models from human preferences" (2019), section 2.2.
  public var klTarget: Double?
  /// Over this many rollouts the controller changes the coefficient by a factor
  /// of at most about e^0.2: it counts a relative error up to 0.2.
  public var klHorizon = 1000
  /// The ratio counts within `1 - clip ... 1 + clip`.
  public var clip = 0.2
  /// A value moves at most this far from the old one within an iteration.
  public var valueClip = 0.2
  /// Discount per token.
  public var gamma = 1.0
  /// Of the generalised advantage estimator.
  public var lambda = 0.95
  /// Taken from the reward of a response that did not end by itself.
  public var missingEndPenalty = 1.0
  /// Subtract the mean and divide by the deviation of `scoreMoments` before
  /// the reward closure sees a score.
  public var normalizeScores = false
  /// Recorded with the preference model; required by `normalizeScores`.
  public var scoreMoments: ScoreMoments?
  /// Divide the per-token rewards of an iteration by their deviation (the mean
  /// stays, so that the sign of a reward keeps its meaning).
  public var whitenRewards = false
  /// Names every draw of the run.
  public var seed: UInt64 = 1
  /// Held-out evaluation before the first, then after every this many
  /// iterations, and after the last.
  public var evaluateEvery = 5
  /// Samples per held-out prompt, under the same keys at every evaluation.
  public var heldOutSamples = 1
  /// Which weights the run ends with.
  public var keep = Keep.best
  /// Stop when the mean KL per sequence exceeds this, nats; `nil` never stops.
  public var klLimit: Double? = 100
  /// Stop when the mean entropy per token falls below this, nats.
  public var entropyFloor: Double? = 0.002
  /// Stop when fewer than this share of responses end by themselves, …
  public var endRateFloor: Double? = 0.1
  /// … for this many iterations in a row.
  public var endRatePatience = 3

  public enum Keep: String, Codable, Hashable, Sendable {
    /// The evaluated weights with the highest mean held-out score, the initial
    /// ones included; the last ones when there are no held-out prompts.
    case best
    case last
  }

  public init() {}

  func check() throws(TrainingError) {
    let counts: [(String, Int, Int)] = [
      ("iterations", iterations, 0), ("rollouts", rollouts, 2),
      ("maximumNewTokens", maximumNewTokens, 1), ("epochs", epochs, 1),
      ("minibatch", minibatch, 1), ("warmupSteps", warmupSteps, 0),
      ("valueWarmupIterations", valueWarmupIterations, 0), ("klHorizon", klHorizon, 1),
      ("evaluateEvery", evaluateEvery, 1), ("heldOutSamples", heldOutSamples, 1),
      ("endRatePatience", endRatePatience, 1),
    ]
    for (name, value, least) in counts {
      try require(value >= least, name, Double(value), ">= \(least)")
    }
    try require(temperature > 0 && temperature.isFinite, "temperature", Double(temperature), "> 0")
    try require(
      klCoefficient.isFinite && klCoefficient >= 0, "klCoefficient", klCoefficient, ">= 0")
    try require(clip > 0 && clip < 1, "clip", clip, "in (0, 1)")
    try require(valueClip > 0, "valueClip", valueClip, "> 0")
    try require(gamma >= 0 && gamma <= 1, "gamma", gamma, "in [0, 1]")
    try require(lambda >= 0 && lambda <= 1, "lambda", lambda, "in [0, 1]")
    try require(missingEndPenalty.isFinite, "missingEndPenalty", missingEndPenalty, "finite")
    if let klTarget { try require(klTarget > 0, "klTarget", klTarget, "> 0") }
    if normalizeScores {
      guard let scoreMoments, scoreMoments.standardDeviation > 0 else {
        throw TrainingError(
          "option normalizeScores: no score moments with a positive deviation were given;"
            + " pass those recorded with the preference model")
      }
    }
    try policyOptimizer.check()
    try valueOptimizer.check()
  }

  var policyOptimizer: OptimizerOptions {
    OptimizerOptions(
      learningRate: learningRate, clipNorm: clipNorm, schedule: schedule,
      warmupSteps: warmupSteps)
  }

  var valueOptimizer: OptimizerOptions {
    OptimizerOptions(
      learningRate: valueLearningRate, clipNorm: clipNorm, schedule: schedule,
      warmupSteps: warmupSteps)
  }

  /// Optimiser steps of one iteration.
  var stepsPerIteration: Int { epochs * ((rollouts + minibatch - 1) / minibatch) }
}

/// A prompt to respond to.
public struct PPOPrompt: Sendable, Hashable {
  /// Names the prompt's draws and its reward errors.
  public var id: String
  /// The prompt's tokens, up to where the response begins.
  public var tokens: [Int32]

  public init(id: String, tokens: [Int32]) {
    self.id = id
    self.tokens = tokens
  }
}

/// What a reward closure is told about one sampled response.
public struct RewardInput: Sendable {
  public var iteration: Int
  public var promptID: String
  /// Which sample of this prompt within the iteration.
  public var draw: Int
  public var promptTokens: [Int32]
  /// The response's tokens, with its end-of-turn if it was sampled.
  public var tokens: [Int32]
  /// The response as text, without special tokens.
  public var text: String
  /// Preference-model score (a logit), normalised if the options say so.
  public var score: Double
  /// `log p(response) - log p_initial(response)`, nats: estimator k1 summed.
  public var kl: Double
  /// Tokens of the response.
  public var length: Int
  /// Whether the response ended by itself with end-of-turn.
  public var ended: Bool
}
