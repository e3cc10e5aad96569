/// What one comparison of two systems said.
public struct PairOutcome: Sendable, Hashable {
  /// Systems, counted from 0; not the same one.
  public var first: Int
  public var second: Int
  /// 1 when the first wins, 0 when the second does, 0.5 for a tie.
  public var result: Double

  public init(first: Int, second: Int, result: Double) {
    self.first = first
    self.second = second
    self.result = result
  }
}
