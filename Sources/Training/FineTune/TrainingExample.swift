internal import KeyedRandom

/// A token sequence and how much each of its tokens counts in the loss.
public struct TrainingExample: Sendable, Hashable {
  /// The whole sequence.
  public var tokens: [Int32]
  /// `weights[i]`: weight of predicting `tokens[i]` from those before it. As
  /// many as tokens; `weights[0]` is ignored, since nothing predicts it.
  public var weights: [Float]

  public init(tokens: [Int32], weights: [Float]) {
    self.tokens = tokens
    self.weights = weights
  }

  /// Every token after the first counts alike, as in pretraining.
  public init(document tokens: [Int32]) {
    self.init(tokens: tokens, weights: [Float](repeating: 1, count: tokens.count))
  }

  /// Only the response counts: its tokens with the closing end-of-turn, which
  /// the caller includes so that the model learns to stop.
  public init(prompt: [Int32], response: [Int32]) {
    self.init(
      tokens: prompt + response,
      weights: [Float](repeating: 0, count: prompt.count)
        + [Float](repeating: 1, count: response.count))
  }
}

/// Batches that pass over `count` items again and again, each epoch in its own
/// keyed order. `batch(step)` is a function of the step alone, so a run can
/// stop and go on anywhere.
public struct EpochOrder: Sendable {
  public let count: Int
  public let batchSize: Int
  public let seed: UInt64
  public let stage: String

  public init(count: Int, batchSize: Int, seed: UInt64, stage: String) {
    precondition(count > 0 && batchSize > 0, "an epoch needs items and a batch size")
    self.count = count
    self.batchSize = batchSize
    self.seed = seed
    self.stage = stage
  }

  /// Steps of `epochs` passes; the last batch may reach into the next epoch.
  public func steps(epochs: Double) -> Int {
    max(1, Int((Double(count) * epochs / Double(batchSize)).rounded(.up)))
  }

  /// Item indices of 0-based `step`: `batchSize` of them, whatever the epoch's
  /// end. An item comes back only after every other one has been seen.
  public func batch(_ step: Int) -> [Int] {
    var result: [Int] = []
    var epoch = -1
    var order: [Int] = []
    for position in step * batchSize..<(step + 1) * batchSize {
      if position / count != epoch {
        epoch = position / count
        order = Self.order(count: count, epoch: epoch, seed: seed, stage: stage)
      }
      result.append(order[position % count])
    }
    return result
  }

  /// The keyed permutation of `0..<count` for one epoch.
  public static func order(
    count: Int, epoch: Int, seed: UInt64, stage: String
  ) -> [Int] {
    var order = Array(0..<count)
    var generator = RandomKey(seed: seed, stage: "\(stage)/order", item: epoch).generator()
    generator.shuffle(&order)
    return order
  }
}
