public import KeyedRandom

/// Strengths of systems from comparisons of pairs, in Elo points, each with its
/// bootstrap interval over items.
///
/// Davidson's extension of Bradley and Terry's model to ties: of systems with
/// strengths a and b, the first wins in proportion to a, the second to b, and
/// they tie in proportion to v * sqrt(a * b), with one v for all pairs
/// (Davidson, "On extending the Bradley-Terry model to accommodate ties in
/// paired comparison experiments", JASA 1970). Points are 400 / ln 10 times log a,
/// so 400 points are odds of 10 to 1. Fitted by Newton's method.
///
/// A weak prior keeps unbeaten systems and absent ties finite: log strengths and
/// log v are normal around 0 with a deviation of 1000 points each. It moves
/// hundreds of comparisons by less than a point, unless nearly all went one way.
/// Points are comparable only among systems that comparisons connect.
///
/// - Parameters:
///   - systems: how many there are.
///   - outcomes: `[items]`, each the comparisons of that item, such as a prompt;
///     items are what is resampled, so comparisons of one item may depend on
///     each other.
///   - anchor: the system at 0 points, in every resample too; nil puts the mean
///     of all systems at 0.
///   - resamples: at least 1.
/// - Returns: `[systems]`; `count` is the comparisons that the system took part
///   in; `pValue` is for its being as strong as the anchor (or the mean).
public func elo(
  systems: Int, outcomes: [[PairOutcome]], anchor: Int?, resamples: Int, key: RandomKey
) -> [Estimate] {
  precondition(systems > 0 && !outcomes.isEmpty, "no systems or no items")
  precondition(resamples > 0, "resamples must be positive, got \(resamples)")
  precondition(anchor.map { (0..<systems).contains($0) } ?? true, "there is no such anchor")

  // What an item adds to which count, so that a resample adds only sums.
  let items: [[(cell: Int, count: Double)]] = outcomes.map { item in
    var counts: [Int: Double] = [:]
    for outcome in item { counts[DavidsonModel.cell(outcome, systems: systems), default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { (cell: $0.key, count: $0.value) }
  }
  var comparisons = [Int](repeating: 0, count: systems)
  for outcome in outcomes.joined() {
    comparisons[outcome.first] += 1
    comparisons[outcome.second] += 1
  }

  func points(_ model: DavidsonModel) -> [Double] {
    let strengths = model.logStrengths
    let zero = anchor.map { strengths[$0] } ?? strengths.reduce(0, +) / Double(systems)
    return strengths.map { ($0 - zero) * DavidsonModel.points }
  }
  var observed = DavidsonModel(systems: systems)
  observed.fit(items, weights: items.map { _ in 1 })
  var generator = key.generator()
  var resampled = [[Double]](repeating: [], count: systems)
  for _ in 0..<resamples {
    var weights = [Double](repeating: 0, count: items.count)
    for _ in items { weights[generator.index(below: items.count)] += 1 }
    var model = observed
    model.fit(items, weights: weights)
    for (system, value) in points(model).enumerated() { resampled[system].append(value) }
  }
  return zip(points(observed), zip(resampled, comparisons)).map { value, rest in
    Estimate(value: value, resampled: rest.0, count: rest.1)
  }
}
