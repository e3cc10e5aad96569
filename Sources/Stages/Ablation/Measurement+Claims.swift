import Constitution
import Foundation
import RunStore
import Statistics

extension Measurement {
  /// Decides a claim by the interval of a difference over seeds and prompts: the
  /// prompts are the same on both sides, and so is each seed.
  func finding(_ claim: Ablation.Claim) throws -> FindingRecord {
    var subject = claim.subject
    var other: Ablation.System?
    if case .system(let system) = claim.than { other = system }
    var matched: Matched?
    if claim.atEqualKL, let system = other {
      let pair = try atEqualKL(subject, system)
      (subject, other, matched) = (pair.first, pair.second, pair)
    }
    let measured = try difference(claim, subject, other)
    let name = claim.measure.metric + (claim.measure.category.map { " (\($0))" } ?? "")
    var quantity: String
    switch (claim.than, other) {
    case (_, let other?) where claim.measure.metric == "preferred":
      quantity = "share on which \(subject) is preferred to \(other), minus a half"
    case (_, let other?): quantity = "\(name), \(subject) minus \(other)"
    case (.number(let number), _): quantity = "\(name), \(subject) minus \(number)"
    case (.system, nil): quantity = name
    }
    let measure = claim.measure
    if let count = measure.prompts { quantity += ", \(count) prompts" }
    if let instruction = measure.instruction { quantity += ", \(instruction) instruction" }
    if let filter = measure.filter { quantity += ", \(filter.words)" }
    if measure.strips { quantity += ", boilerplate stripped" }
    if let matched {
      quantity += String(
        format: "; KL %.2f and %.2f nats", matched.kl.first, matched.kl.second)
      if !matched.isMatched { quantity += ", which is not equal" }
    }
    if claim.margin != 0 { quantity += String(format: "; margin %g", claim.margin) }
    // Lower means that the difference lies below the margin.
    let (low, high) =
      claim.isLower
      ? (measured.low - claim.margin, measured.high - claim.margin)
      : (-measured.high - claim.margin, -measured.low - claim.margin)
    let verdict: Verdict =
      matched?.isMatched == false
      ? .undecided : Verdict(below: 0, low: low, high: high)
    return FindingRecord(
      ablationId: id, position: 0, claim: claim.text, verdict: verdict, quantity: quantity,
      value: measured.value, low: measured.low, high: measured.high, n: measured.count,
      pValue: measured.pValue)
  }

  private func difference(
    _ claim: Ablation.Claim, _ subject: Ablation.System, _ other: Ablation.System?
  ) throws -> Estimate {
    let key = key("claim/\(claim.text)")
    if claim.measure.metric == "preferred" {
      guard let other else {
        throw StageError("claim '\(claim.text)': preferred needs two systems")
      }
      let (values, pairs) = try preferred(subject, to: other, claim.measure)
      guard pairs > 0 else {
        throw StageError("claim '\(claim.text)': no pair of answers passes its filter")
      }
      return bootstrapMean(
        bySeed: values.map { $0.map { $0 - 0.5 } }, resamples: ablation.bootstrap, key: key)
    }
    let left = try answers.table(runs(of: subject.arm), subject.system, claim.measure)
    guard let other else {
      guard case .number(let number) = claim.than else { preconditionFailure("no other side") }
      return bootstrapMean(
        bySeed: left.values.map { $0.map { $0 - number } }, resamples: ablation.bootstrap,
        key: key)
    }
    let right = try answers.table(runs(of: other.arm), other.system, claim.measure)
    guard left.prompts == right.prompts, left.values.count == right.values.count else {
      throw StageError(
        "claim '\(claim.text)': \(subject) and \(other) were not evaluated on the same prompts")
    }
    return bootstrapMean(
      bySeed: zip(left.values, right.values).map { zip($0, $1).map { $0 - $1 } },
      resamples: ablation.bootstrap, key: key)
  }

  /// Two systems and the KL of each to what its PPO started from.
  private struct Matched {
    var first: Ablation.System
    var second: Ablation.System
    var kl: (first: Double, second: Double)

    var least: Double { min(kl.first, kl.second) }
    var difference: Double { abs(kl.first - kl.second) }
    /// Whether the two differ by a quarter of the smaller at most.
    var isMatched: Bool { difference <= 0.25 * least }
  }

  /// The snapshots of two arms with about the same KL to where PPO started, as large
  /// as there is; means over seeds.
  private func atEqualKL(_ first: Ablation.System, _ second: Ablation.System) throws -> Matched {
    func curve(_ system: Ablation.System) throws -> [(system: String, kl: Double)] {
      let arm = ablation.arms.first { $0.name == system.arm }!
      return try iterations(arm).dropFirst().map { iteration, name in
        let values = try runs(of: arm.name).compactMap { run in
          try ppoFigures(run)[name == "rl-cai" ? "kl" : "kl@\(Int(iteration))"]
        }
        guard !values.isEmpty else {
          throw StageError("runs of arm '\(arm.name)' have no KL on record for \(name)")
        }
        return (name, values.reduce(0, +) / Double(values.count))
      }
    }
    let (a, b) = (try curve(first), try curve(second))
    let pairs = a.flatMap { x in
      b.map { y in
        Matched(
          first: Ablation.System(arm: first.arm, system: x.system),
          second: Ablation.System(arm: second.arm, system: y.system), kl: (x.kl, y.kl))
      }
    }
    // The furthest that are equally far; or, where none are, the nearest to it.
    let matched = pairs.filter(\.isMatched)
    return matched.max { $0.least < $1.least } ?? pairs.min { $0.difference < $1.difference }!
  }
}
