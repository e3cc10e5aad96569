internal import Foundation

/// Predicted against labelled preference within one tenth of [0, 1].
public struct CalibrationBin: Sendable, Codable, Hashable {
  /// Predictions in `lower..<upper`; the last bin includes 1.
  public var lower: Double
  public var upper: Double
  public var count: Int
  /// Mean of sigmoid(d); 0 in an empty bin.
  public var meanPrediction: Double
  /// Mean label, P(first better); 0 in an empty bin.
  public var meanLabel: Double
}

/// Right answers among the pairs whose label takes a side.
public struct PreferenceAccuracy: Sendable, Codable, Hashable {
  /// Share with `d > 0` where the label is above 0.5, `d < 0` where below; a
  /// score tie (`d == 0`) counts half. `nil` when no label takes a side.
  public var accuracy: Double?
  /// Pairs counted in `accuracy`.
  public var count: Int
  /// Pairs left out because their label is exactly 0.5.
  public var labelTies: Int
  /// Pairs with `d == 0`, counted half.
  public var scoreTies: Int
}

/// Mean and spread of scores over a stated set, for normalising rewards.
public struct ScoreMoments: Sendable, Codable, Hashable {
  public var mean: Double
  /// Standard deviation with divisor n.
  public var standardDeviation: Double
  public var count: Int
  /// What was scored, in words.
  public var set: String

  public init(mean: Double, standardDeviation: Double, count: Int, set: String) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.count = count
    self.set = set
  }

  /// Moments of `scores`; both 0 when there are none.
  public init(of scores: [Float], set: String) {
    let n = Double(max(1, scores.count))
    let mean = scores.reduce(0) { $0 + Double($1) } / n
    let square = scores.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    self.init(
      mean: mean, standardDeviation: (square / n).squareRoot(), count: scores.count,
      set: set)
  }
}

/// A preference model measured on pairs.
public struct PreferenceEvaluation: Sendable, Codable, Hashable {
  /// Pairs measured, identical ones excluded.
  public var count: Int
  public var identicalPairs: Int
  /// Mean soft-label cross-entropy, nats.
  public var loss: Double
  /// Mean entropy of the labels, nats: the lowest loss any model can reach.
  public var labelEntropy: Double
  public var accuracy: PreferenceAccuracy
  public var bySource: [String: PreferenceAccuracy]
  /// Ten bins over sigmoid(d), pairs taken in the order given.
  public var calibration: [CalibrationBin]
  /// Sum over bins of `count / total * |meanPrediction - meanLabel|`.
  public var expectedCalibrationError: Double

  /// - Parameter differences: `d` = score(first) - score(second) per pair.
  public init(pairs: [PreferencePair], differences: [Double], identicalPairs: Int = 0) {
    precondition(pairs.count == differences.count, "one difference per pair")
    let n = Double(max(1, pairs.count))
    count = pairs.count
    self.identicalPairs = identicalPairs
    loss =
      zip(pairs, differences).reduce(0) {
        $0 + preferenceLoss($1.1, label: $1.0.probability)
      } / n
    labelEntropy = pairs.reduce(0) { $0 + binaryEntropy($1.probability) } / n
    accuracy = PreferenceAccuracy(pairs.indices.map { (pairs[$0].probability, differences[$0]) })
    bySource = Dictionary(grouping: pairs.indices) { pairs[$0].source }.mapValues { indices in
      PreferenceAccuracy(indices.map { (pairs[$0].probability, differences[$0]) })
    }
    calibration = Self.bins(
      differences.map(sigmoid), labels: pairs.map(\.probability), count: 10)
    expectedCalibrationError = calibration.reduce(0) {
      $0 + Double($1.count) / n * abs($1.meanPrediction - $1.meanLabel)
    }
  }

  static func bins(_ predictions: [Double], labels: [Double], count: Int) -> [CalibrationBin] {
    var sums = [(n: Int, prediction: Double, label: Double)](
      repeating: (0, 0, 0), count: count)
    for (prediction, label) in zip(predictions, labels) {
      let bin = min(count - 1, max(0, Int(prediction * Double(count))))
      sums[bin].n += 1
      sums[bin].prediction += prediction
      sums[bin].label += label
    }
    return sums.enumerated().map { index, sum in
      let n = Double(max(1, sum.n))
      return CalibrationBin(
        lower: Double(index) / Double(count), upper: Double(index + 1) / Double(count),
        count: sum.n, meanPrediction: sum.prediction / n, meanLabel: sum.label / n)
    }
  }
}

extension PreferenceAccuracy {
  init(_ items: [(label: Double, difference: Double)]) {
    let sided = items.filter { $0.label != 0.5 }
    let right = sided.reduce(0.0) { sum, item in
      if item.difference == 0 { return sum + 0.5 }
      return sum + ((item.label > 0.5) == (item.difference > 0) ? 1 : 0)
    }
    self.init(
      accuracy: sided.isEmpty ? nil : right / Double(sided.count), count: sided.count,
      labelTies: items.count - sided.count,
      scoreTies: sided.count { $0.difference == 0 })
  }
}

/// What training a preference model did and how good it is.
public struct PreferenceReport: Sendable, Codable, Hashable {
  public var steps: Int
  /// Pairs trained on, identical ones excluded.
  public var pairs: Int
  /// Pairs dropped because both sides are the same tokens.
  public var identicalPairs: Int
  /// Ids of the dropped training pairs.
  public var identicalPairIDs: [String]
  /// Training loss of each step, nats.
  public var losses: [Double]
  /// `nil` when no held-out pairs were given.
  public var heldOut: PreferenceEvaluation?
  public var scoreMoments: ScoreMoments
}

private func binaryEntropy(_ p: Double) -> Double {
  let terms = [p, 1 - p].map { $0 > 0 ? -$0 * log($0) : 0 }
  return terms[0] + terms[1]
}
