/// How predicted probabilities compare with what happened.
public struct Calibration: Sendable, Hashable {
  /// The predictions in [`low`, `high`); the last bin has 1 as well.
  public struct Bin: Sendable, Hashable {
    public var low: Double
    public var high: Double
    public var count: Int
    /// Nil for an empty bin, as is `observed`.
    public var meanPredicted: Double?
    /// The share of positive outcomes with its Wilson interval.
    public var observed: Estimate?
  }

  /// `[bins]`, in order, of equal width over [0, 1]; empty ones as well.
  public var bins: [Bin]
  /// The mean over predictions of their bin's |mean predicted - observed|, in
  /// [0, 1]. It depends on the bins, and is above 0 by chance alone.
  public var expectedError: Double
  /// The mean of (predicted - outcome)², in [0, 1]; 0.25 for always saying 0.5.
  public var brier: Double
  public var count: Int
}

/// Calibration in bins of equal width, with the expected calibration error
/// (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017) and Brier's
/// score (Monthly Weather Review 1950).
///
/// - Parameters:
///   - predicted: `[items]`, probabilities in [0, 1]; not empty.
///   - outcome: `[items]`, 1 where it happened and 0 where not; shares of several
///     judgements in between are taken as such.
///   - bins: at least 1; 10 is usual.
public func calibration(predicted: [Double], outcome: [Double], bins: Int) -> Calibration {
  precondition(bins > 0, "bins must be positive, got \(bins)")
  precondition(
    predicted.count == outcome.count && !predicted.isEmpty,
    "\(predicted.count) predictions of \(outcome.count) outcomes")
  precondition(
    (predicted + outcome).allSatisfy { (0...1).contains($0) },
    "a prediction or an outcome is outside [0, 1]")
  var sums = [(predicted: Double, outcome: Double, count: Int)](
    repeating: (0, 0, 0), count: bins)
  var brier = 0.0
  for (p, o) in zip(predicted, outcome) {
    let bin = min(bins - 1, Int(p * Double(bins)))
    sums[bin].predicted += p
    sums[bin].outcome += o
    sums[bin].count += 1
    brier += (p - o) * (p - o)
  }
  let n = Double(predicted.count)
  return Calibration(
    bins: sums.enumerated().map { index, sum in
      Calibration.Bin(
        low: Double(index) / Double(bins), high: Double(index + 1) / Double(bins),
        count: sum.count,
        meanPredicted: sum.count > 0 ? sum.predicted / Double(sum.count) : nil,
        observed: sum.count > 0
          // Sums of shares may pass their count by rounding.
          ? wilson(successes: min(sum.outcome, Double(sum.count)), count: sum.count) : nil)
    },
    expectedError: sums.reduce(0) { $0 + abs($1.predicted - $1.outcome) } / n,
    brier: brier / n, count: predicted.count)
}
