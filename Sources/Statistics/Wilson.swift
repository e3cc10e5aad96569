/// The Wilson score interval of a share, which stays in [0, 1] and keeps its
/// level for few items and shares near the ends (Wilson, JASA 1927).
///
/// - Parameters:
///   - successes: in 0...count; may be fractional, with ties as halves.
///   - count: at least 1.
/// - Returns: the share with its 95 % interval.
public func wilson(successes: Double, count: Int) -> Estimate {
  precondition(count > 0, "a share of no items")
  let n = Double(count)
  precondition((0...n).contains(successes), "\(successes) successes in \(count)")
  // The normal distribution's 97.5 % point.
  let z = 1.959963984540054
  let share = successes / n
  let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
  let half =
    z / (1 + z * z / n)
    * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
  // At 0 and 1 an end is the share itself, but for rounding.
  return Estimate(
    value: share, low: max(0, min(share, centre - half)),
    high: min(1, max(share, centre + half)), count: count)
}
