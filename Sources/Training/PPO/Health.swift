internal import Foundation

/// What one PPO iteration measured. Scores, KL, entropy, lengths and n-grams
/// are of the weights the iteration started with, which sampled its rollouts;
/// ratios, clip fractions and losses of its updates. `Metrics.all` has each
/// figure's formula, unit and healthy range.
public struct PPOStep: Sendable, Codable, Hashable {
  /// 1-based.
  public var iteration: Int
  public var iterations: Int
  public var meanScore = 0.0
  public var meanReward = 0.0
  public var meanKL = 0.0
  public var meanKL3 = 0.0
  /// Coefficient that this iteration's rewards used.
  public var klCoefficient = 0.0
  public var ratioMean = 1.0
  public var ratioMaximum = 1.0
  public var clipFraction = 0.0
  public var valueClipFraction = 0.0
  public var approximateKL = 0.0
  public var policyLoss = 0.0
  public var valueLoss = 0.0
  public var explainedVariance = 0.0
  public var entropy = 0.0
  public var responseLength = 0.0
  public var endRate = 0.0
  public var distinct1 = 0.0
  public var distinct2 = 0.0
  public var distinct3 = 0.0
  public var policyGradientNorm = 0.0
  public var valueGradientNorm = 0.0
  /// Mean held-out score of the weights *after* this iteration; `nil` when the
  /// iteration was not evaluated.
  public var heldOutScore: Double?
  /// Wall-clock seconds of each phase: not deterministic.
  public var seconds = PPOSeconds()

  /// Every figure by its name in `Metrics.all`.
  public var metrics: [String: Double] {
    var result: [String: Double] = [
      "objective/score": meanScore, "objective/reward": meanReward,
      "objective/kl": meanKL, "objective/kl3": meanKL3,
      "objective/kl_coefficient": klCoefficient, "objective/entropy": entropy,
      "policy/ratio": ratioMean, "policy/ratio_max": ratioMaximum,
      "policy/clip_fraction": clipFraction, "policy/approximate_kl": approximateKL,
      "policy/loss": policyLoss, "policy/gradient_norm": policyGradientNorm,
      "value/loss": valueLoss, "value/clip_fraction": valueClipFraction,
      "value/explained_variance": explainedVariance,
      "value/gradient_norm": valueGradientNorm,
      "response/length": responseLength, "response/end_rate": endRate,
      "response/distinct_1": distinct1, "response/distinct_2": distinct2,
      "response/distinct_3": distinct3,
      "time/sample": seconds.sample, "time/score": seconds.score,
      "time/update": seconds.update, "time/evaluate": seconds.evaluate,
    ]
    result["objective/held_out_score"] = heldOutScore
    return result
  }
}

/// Wall-clock seconds by phase of a PPO iteration.
public struct PPOSeconds: Sendable, Codable, Hashable {
  /// Generating responses.
  public var sample = 0.0
  /// Preference-model, reference and value passes, rewards and advantages.
  public var score = 0.0
  public var update = 0.0
  public var evaluate = 0.0
}

/// Why a PPO run ended.
public enum PPOStopReason: String, Sendable, Codable, Hashable {
  /// All iterations ran.
  case completed
  /// The mean KL per sequence exceeded `klLimit`.
  case klLimit
  /// A loss or gradient was not finite; that update was not applied.
  case nonFiniteLoss
  /// The mean entropy per token fell below `entropyFloor`.
  case entropyCollapse
  /// `endRateFloor` was missed `endRatePatience` times in a row.
  case endRate
}

/// Distinct n-grams over all n-grams of `responses`; 1 when there is none.
func distinctNGrams(_ responses: [[Int32]], n: Int) -> Double {
  var seen: Set<ArraySlice<Int32>> = []
  var total = 0
  for response in responses where response.count >= n {
    for start in 0...response.count - n {
      seen.insert(response[start..<start + n])
      total += 1
    }
  }
  return total == 0 ? 1 : Double(seen.count) / Double(total)
}

extension PPOStep {
  /// Fills in what the rollouts alone tell.
  mutating func measure(_ rollouts: [Rollout]) {
    let n = Double(rollouts.count)
    func mean(_ value: (Rollout) -> Double) -> Double {
      rollouts.reduce(0) { $0 + value($1) } / n
    }
    let responses = rollouts.map(\.response)
    meanScore = mean(\.score)
    meanReward = mean(\.reward)
    meanKL = mean { $0.kl.reduce(0) { $0 + Double($1) } }
    meanKL3 = mean { $0.kl.reduce(0) { $0 + kl3(Double($1)) } }
    responseLength = mean { Double($0.response.count) }
    endRate = mean { $0.ended ? 1 : 0 }
    distinct1 = distinctNGrams(responses, n: 1)
    distinct2 = distinctNGrams(responses, n: 2)
    distinct3 = distinctNGrams(responses, n: 3)
    explainedVariance = Training.explainedVariance(
      values: rollouts.flatMap(\.values), returns: rollouts.flatMap(\.returns))
  }

  /// Fills in what the updates measured. Entropy is that of the first epoch,
  /// when the weights are nearest to those that sampled.
  mutating func measure(_ epochs: [UpdateSums], norms: [(policy: Double, value: Double)]) {
    var sums = UpdateSums()
    for epoch in epochs { sums += epoch }
    let n = Double(max(1, sums.tokens))
    ratioMean = sums.ratio / n
    ratioMaximum = sums.maximumRatio
    clipFraction = sums.clipped / n
    valueClipFraction = sums.valueClipped / n
    approximateKL = sums.approximateKL / n
    policyLoss = sums.policyLoss / n
    valueLoss = sums.valueLoss / n
    if let first = epochs.first, first.tokens > 0 {
      entropy = first.entropy / Double(first.tokens)
    }
    let count = Double(max(1, norms.count))
    policyGradientNorm = norms.reduce(0) { $0 + $1.policy } / count
    valueGradientNorm = norms.reduce(0) { $0 + $1.value } / count
  }

  /// The floor or limit that these figures break, if any, with its evidence.
  /// `lowEndRates` counts iterations in a row under the end-rate floor.
  func violation(_ options: PPOOptions, lowEndRates: Int) -> (PPOStopReason, String)? {
    if let limit = options.klLimit, meanKL > limit {
      return (.klLimit, "mean KL \(meanKL) nats per sequence exceeds \(limit)")
    }
    if let floor = options.entropyFloor, entropy < floor {
      return (.entropyCollapse, "mean entropy \(entropy) nats per token is below \(floor)")
    }
    if let floor = options.endRateFloor, lowEndRates >= options.endRatePatience {
      return (
        .endRate,
        "\(endRate) of the responses ended by themselves; below \(floor) for"
          + " \(lowEndRates) iterations"
      )
    }
    return nil
  }
}

/// Estimator k3 of KL(policy, reference) from one token's `log p - log p_ref`:
/// `exp(-k1) - 1 + k1`. Never negative, low variance. Source: Schulman,
/// "Approximating KL divergence" (2020).
func kl3(_ k1: Double) -> Double { expm1(-k1) + k1 }
