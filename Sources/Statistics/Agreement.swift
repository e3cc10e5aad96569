public import KeyedRandom

/// How far apart two ratings are.
public enum AgreementMetric: String, Sendable, CaseIterable {
  /// Equal or not: names of classes.
  case nominal
  /// Their distance in the ranking of all ratings: an ordered scale.
  case ordinal
  /// Their difference squared: a scale with equal steps.
  case interval
}

/// Krippendorff's alpha: 1 for full agreement of the raters, 0 for what chance
/// gives, below 0 for systematic disagreement. 1 less observed over expected
/// disagreement (Krippendorff, "Computing Krippendorff's alpha-reliability",
/// 2011).
///
/// - Parameters:
///   - ratings: `[units, raters]`, finite, nil where a rater skipped the unit;
///     rows may differ in length. Units with fewer than two ratings say nothing
///     of agreement and are left out.
/// - Returns: NaN without two ratings that differ: there is nothing that raters
///   could have disagreed on.
public func krippendorffAlpha(_ ratings: [[Double?]], metric: AgreementMetric) -> Double {
  let units = pairable(ratings)
  return alpha(units, weights: units.map { _ in 1 }, metric: metric)
}

/// The same with a percentile bootstrap over units.
///
/// - Returns: `count` is that of the units with two or more ratings, of which
///   there must be one; `pValue` is for agreement by chance only.
public func krippendorffAlpha(
  _ ratings: [[Double?]], metric: AgreementMetric, resamples: Int, key: RandomKey
) -> Estimate {
  let units = pairable(ratings)
  precondition(!units.isEmpty, "no unit has two ratings")
  precondition(resamples > 0, "resamples must be positive, got \(resamples)")
  var generator = key.generator()
  let resampled = (0..<resamples).map { _ in
    var weights = [Double](repeating: 0, count: units.count)
    for _ in units { weights[generator.index(below: units.count)] += 1 }
    return alpha(units, weights: weights, metric: metric)
  }
  return Estimate(
    value: alpha(units, weights: units.map { _ in 1 }, metric: metric),
    resampled: resampled, count: units.count)
}

private func pairable(_ ratings: [[Double?]]) -> [[Double]] {
  ratings.map { $0.compactMap(\.self) }.filter { $0.count > 1 }
}

/// Alpha of units that each count `weights` times.
private func alpha(_ units: [[Double]], weights: [Double], metric: AgreementMetric) -> Double {
  var counts: [Double: Double] = [:]
  for (unit, weight) in zip(units, weights) where weight > 0 {
    for rating in unit { counts[rating, default: 0] += weight }
  }
  let values = counts.sorted { $0.key < $1.key }
  let n = values.reduce(0) { $0 + $1.value }
  // The ordinal distance, ratings between two with half of those at either, is
  // the difference of their middle ranks.
  var place: [Double: Double] = [:]
  var below = 0.0
  for (value, count) in values {
    place[value] = metric == .ordinal ? below + count / 2 : value
    below += count
  }
  func distance(_ a: Double, _ b: Double) -> Double {
    metric == .nominal ? (a == b ? 0 : 1) : (a - b) * (a - b)
  }

  var observed = 0.0
  for (unit, weight) in zip(units, weights) where weight > 0 {
    let places = unit.map { place[$0]! }
    var sum = 0.0
    for i in places.indices {
      for j in places.indices.dropFirst(i + 1) { sum += 2 * distance(places[i], places[j]) }
    }
    observed += weight * sum / Double(unit.count - 1)
  }
  // Over all pairs of ratings, by how often each value occurs.
  var expected = 0.0
  if metric == .nominal {
    expected = n * n - values.reduce(0) { $0 + $1.value * $1.value }
  } else {
    // sum n_c n_k (c - k)² = 2 n sum n_c (c - mean)².
    let mean = values.reduce(0) { $0 + $1.value * place[$1.key]! } / n
    expected = 2 * n * values.reduce(0) { $0 + $1.value * distance(place[$1.key]!, mean) }
  }
  return values.count > 1 ? 1 - (n - 1) * observed / expected : .nan
}
