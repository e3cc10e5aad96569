internal import Foundation

/// Two answers to one prompt and how likely the first is the better one.
public struct PreferencePair: Sendable, Hashable, Codable {
  public var id: String
  /// Where the pair comes from, such as `"harmless"` or `"helpful"`; accuracy
  /// is reported per source.
  public var source: String
  /// Whole token sequence (prompt and answer), ending at end-of-turn.
  public var first: [Int32]
  /// Likewise.
  public var second: [Int32]
  /// P(first is better), in [0, 1]: a soft label.
  public var probability: Double

  public init(
    id: String, source: String, first: [Int32], second: [Int32], probability: Double
  ) {
    self.id = id
    self.source = source
    self.first = first
    self.second = second
    self.probability = probability
  }

  /// Whether both answers are the same tokens: such a pair has d = 0 whatever
  /// the model, teaches nothing, and is dropped and counted.
  public var isIdentical: Bool { first == second }
}

/// How a preference model is trained. Defaults suit models of a few million
/// parameters.
public struct PreferenceOptions: Codable, Hashable, Sendable {
  public var optimizer: OptimizerOptions
  /// Passes over the pairs, in keyed order.
  public var epochs: Double
  /// Pairs per step.
  public var batchSize: Int
  public var seed: UInt64

  public init(
    optimizer: OptimizerOptions = OptimizerOptions(
      learningRate: 3e-4, schedule: .cosine(floor: 0.1), warmupSteps: 5),
    epochs: Double = 1, batchSize: Int = 32, seed: UInt64 = 1
  ) {
    self.optimizer = optimizer
    self.epochs = epochs
    self.batchSize = batchSize
    self.seed = seed
  }
}

/// `log(sigmoid(x))` without overflow.
func logSigmoid(_ x: Double) -> Double {
  x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
}

func sigmoid(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
}

/// Cross-entropy of the soft label `p` and the score difference `d`, in nats:
/// `-(p log sigmoid(d) + (1 - p) log sigmoid(-d))`.
func preferenceLoss(_ d: Double, label p: Double) -> Double {
  -(p * logSigmoid(d) + (1 - p) * logSigmoid(-d))
}

/// The loss's derivative by `d`.
func preferenceSlope(_ d: Double, label p: Double) -> Double { sigmoid(d) - p }
