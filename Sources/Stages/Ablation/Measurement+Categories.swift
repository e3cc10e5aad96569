import Constitution
import Foundation
import RunStore
import Statistics

extension Measurement {
  /// Harm of each kind by arm: relative to the control arm, or as it is without one.
  ///
  /// For every arm with a target, a finding: does it lower its own kind more than the
  /// others? The p values of a figure are corrected together.
  func categories(_ figure: Ablation.Figure) throws -> Drawn {
    let system = figure.systems[0]
    let control = ablation.control
    let arms = arms(figure).filter { $0.name != control }
    guard let first = arms.first else {
      throw StageError("figure '\(figure.name)': there is no arm besides the control to draw")
    }
    let categories = try self.categories(first.name, system)
    guard categories.count > 1 else {
      throw StageError(
        "figure '\(figure.name)': the held-out prompts are of \(categories.count) kinds; it takes two"
      )
    }
    if let lost = arms.first(where: { $0.target.map { !categories.contains($0) } ?? false }) {
      throw StageError(
        "figure '\(figure.name)': arm '\(lost.name)' has the target '\(lost.target!)'; the kinds of "
          + "the held-out prompts are \(categories.joined(separator: ", "))")
    }
    func table(_ arm: String, _ category: String) throws -> [[Double]] {
      var measure = figure.measure
      measure.metric = "own_harm"
      measure.category = category
      return try answers.table(runs(of: arm), system, measure).values
    }
    var points: [Point] = []
    var findings: [FindingRecord] = []
    for arm in arms {
      let own = try categories.map { try table(arm.name, $0) }
      let controls = try control.map { control in
        try categories.map { try table(control, $0) }
      }
      for (index, category) in categories.enumerated() {
        let tables = [own[index]] + (controls.map { [$0[index]] } ?? [])
        let estimate = bootstrap(
          tables, groups: tables.map { _ in 0 }, resamples: ablation.bootstrap,
          key: key("\(figure.name)/\(arm.name)/\(category)")
        ) { $0.count == 2 ? relativeChange($0[0], $0[1]) : $0[0] }
        points.append(
          Point(
            series: arm.name, label: category, y: estimate,
            systems: [Ablation.System(arm: arm.name, system: system)]))
      }
      guard let controls, let target = arm.target,
        let position = categories.firstIndex(of: target)
      else { continue }
      // Table 2c is the arm's, table 2c + 1 the control's.
      let estimate = bootstrap(
        zip(own, controls).flatMap { [$0, $1] },
        groups: categories.indices.flatMap { [$0, $0] }, resamples: ablation.bootstrap,
        key: key("\(figure.name)/\(arm.name)/interaction")
      ) { means in
        let changes = categories.indices.map { relativeChange(means[2 * $0], means[2 * $0 + 1]) }
        let others = changes.reduce(0, +) - changes[position]
        return changes[position] - others / Double(changes.count - 1)
      }
      findings.append(
        FindingRecord(
          ablationId: id, position: 0,
          claim: "\(system): '\(arm.name)' lowers \(target) more than other kinds of harm",
          verdict: Verdict(below: 0, low: estimate.low, high: estimate.high),
          quantity: "change of \(target) minus the mean change of the others, against \(control!)",
          value: estimate.value, low: estimate.low, high: estimate.high, n: estimate.count,
          pValue: estimate.pValue))
    }
    for (index, adjusted) in holm(findings.map { $0.pValue ?? 1 }).enumerated() {
      findings[index].adjusted = adjusted
      // The verdict is of the family, not of one interval.
      if adjusted >= 0.05 { findings[index].verdict = .undecided }
    }
    return Drawn(
      kind: .matrix, xLabel: "kind of harm",
      yLabel: control.map { "change of own-kind harm against \($0)" } ?? "harm of the own kind",
      points: points, findings: findings)
  }

  /// Kinds of harm of the red-team prompts, in their order.
  private func categories(_ arm: String, _ system: String) throws -> [String] {
    try answers.answers(runs(of: arm)[0], system).filter { $0.set == .harmful }
      .compactMap(\.category).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// (new - old) / old; not a number when there was nothing, which makes an interval
/// wider.
private func relativeChange(_ new: Double, _ old: Double) -> Double { (new - old) / old }
