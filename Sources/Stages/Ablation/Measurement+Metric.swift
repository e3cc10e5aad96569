import Constitution
import Foundation
import RunStore
import Statistics

extension Measurement {
  /// A metric along systems, rounds of revision, iterations of PPO, or arms.
  func metric(_ figure: Ablation.Figure) throws -> Drawn {
    let measure = figure.measure
    func point(
      _ series: String, _ label: String, _ x: Double?, _ arm: Ablation.Arm, _ system: String
    ) throws -> Point {
      let system = Ablation.System(arm: arm.name, system: system)
      return Point(
        series: series, label: label, x: x, y: try estimate(system, measure, figure.name),
        systems: [system])
    }
    let arms = arms(figure)
    switch figure.x {
    case .system:
      let systems = try systems(figure, arms)
      return Drawn(
        kind: .bars, xLabel: "system", yLabel: measure.metric,
        points: try arms.flatMap { arm in
          try systems.map { try point(arm.name, $0, nil, arm, $0) }
        })
    case .revisions:
      return Drawn(
        kind: .line, xLabel: "revisions", yLabel: measure.metric,
        points: try arms.flatMap { arm in
          try (0...settings(of: arm).revise.rounds).map { round in
            let system = round == 0 ? "helpful-only" : "revision-\(round)"
            return try point(arm.name, "\(round)", Double(round), arm, system)
          }
        })
    case .iterations:
      return Drawn(
        kind: .line, xLabel: "iterations of PPO", yLabel: measure.metric,
        points: try arms.flatMap { arm in
          // Greedy and other variants are named as suffixes of a system.
          let suffixes = figure.systems.isEmpty ? [""] : figure.systems
          return try suffixes.flatMap { suffix in
            // The policy that was returned may be older than a snapshot.
            try iterations(arm).sorted { $0.iteration < $1.iteration }.map { iteration, system in
              try point(
                arm.name + suffix, system + suffix, iteration, arm, system + suffix)
            }
          }
        })
    case .arm:
      let systems = try systems(figure, arms)
      let hasX = arms.allSatisfy { $0.x != nil }
      return Drawn(
        kind: hasX ? .line : .bars, xLabel: hasX ? "" : "arm", yLabel: measure.metric,
        points: try systems.flatMap { system in
          try arms.map { arm in
            let series = [arm.series, systems.count > 1 || arm.series == nil ? system : nil]
              .compactMap { $0 }.joined(separator: ", ")
            return try point(series, arm.name, arm.x, arm, system)
          }
        })
    }
  }

  /// The systems that a figure names, or all that its arms have in common.
  private func systems(_ figure: Ablation.Figure, _ arms: [Ablation.Arm]) throws -> [String] {
    if !figure.systems.isEmpty { return figure.systems }
    let byArm = try arms.map { arm in
      try store.evaluations(of: runs(of: arm.name)[0].id)
        .filter { $0.metric == figure.measure.metric }.map(\.system)
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    }
    let common = (byArm.first ?? []).filter { system in byArm.allSatisfy { $0.contains(system) } }
    guard !common.isEmpty else {
      throw StageError(
        "figure '\(figure.name)': its arms have no system in common with the metric "
          + "'\(figure.measure.metric)'; name systems")
    }
    return common
  }
}
