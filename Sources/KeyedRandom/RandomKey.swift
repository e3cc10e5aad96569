/// Names one random draw of a run. Two draws with equal keys are equal; draws
/// with different keys are independent. Nothing in Solon reads a global or a
/// streaming generator, so a draw does not depend on what was drawn before it.
public struct RandomKey: Hashable, Sendable, Codable {
  /// The experiment's seed.
  public var seed: UInt64
  /// The stage that draws, such as `"revise"`.
  public var stage: String
  /// What is drawn for: a prompt id, or a step number as text.
  public var item: String
  /// Which draw of that item: sample 0, 1, …, or a revision round.
  public var draw: UInt64

  public init(seed: UInt64, stage: String, item: String, draw: UInt64 = 0) {
    self.seed = seed
    self.stage = stage
    self.item = item
    self.draw = draw
  }

  public init(seed: UInt64, stage: String, item: Int, draw: UInt64 = 0) {
    self.init(seed: seed, stage: stage, item: String(item), draw: draw)
  }

  /// The generator of this key's numbers, at its first number.
  public func generator() -> KeyedGenerator { KeyedGenerator(self) }
}
