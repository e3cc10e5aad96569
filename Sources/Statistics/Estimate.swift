/// A value with its 95 % interval.
///
/// `low` and `high` are infinite where the statistic was undefined in too many
/// resamples to bound it on that side.
public struct Estimate: Sendable, Hashable {
  public var value: Double
  /// The 2.5 % end of the interval.
  public var low: Double
  /// The 97.5 % end.
  public var high: Double
  /// Items behind the value.
  public var count: Int
  /// Two-sided p for the value being 0, where that was asked for; at least
  /// 1 / (resamples + 1), the least that so many resamples can tell from 0.
  public var pValue: Double?

  public init(value: Double, low: Double, high: Double, count: Int, pValue: Double? = nil) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
    self.pValue = pValue
  }
}

extension Estimate {
  /// The percentile interval and bootstrap p of `resampled`, the statistic in
  /// every resample (Efron and Tibshirani, An Introduction to the Bootstrap,
  /// 1993, chapters 13 and 15): p is twice the smaller share on either side of 0.
  ///
  /// A resample without a value (NaN) might lie anywhere, so it counts as the
  /// lowest for `low`, as the highest for `high`, and on both sides of 0 for p:
  /// what is undefined widens the interval rather than vanishing from it.
  init(value: Double, resampled: [Double], count: Int) {
    precondition(!resampled.isEmpty, "no resamples")
    let resamples = resampled.count
    let sorted = resampled.filter { !$0.isNaN }.sorted()
    let undefined = resamples - sorted.count
    let low = Int(0.025 * Double(resamples)) - undefined
    let high = min(resamples - 1, Int(0.975 * Double(resamples)))
    let below = sorted.count { $0 <= 0 } + undefined
    let above = sorted.count { $0 >= 0 } + undefined
    let p = 2 * Double(min(below, above)) / Double(resamples)
    self.init(
      value: value,
      low: low < 0 ? -.infinity : sorted[low],
      high: high < sorted.count ? sorted[high] : .infinity,
      count: count,
      pValue: min(1, max(p, 1 / Double(resamples + 1))))
  }
}
