import Constitution
import Foundation
import KeyedRandom
import RunStore
import Statistics

extension Measurement {
  /// How often the feedback model's probability comes true, by ten bins of it: over
  /// the judgements with known answers, one curve for each way of asking and kind.
  /// For each a finding: is the expected calibration error below a tenth?
  func calibration(_ figure: Ablation.Figure) throws -> Drawn {
    var points: [Point] = []
    var findings: [FindingRecord] = []
    for arm in arms(figure) {
      for system in figure.systems.isEmpty ? ["judge direct"] : figure.systems {
        let all = try runs(of: arm.name).flatMap { try answers.answers($0, system) }
        var kinds: [String] = []
        for answer in all {
          guard let kind = answer.category, !kinds.contains(kind),
            figure.measure.category.map({ $0 == kind }) ?? true
          else { continue }
          kinds.append(kind)
        }
        for kind in kinds {
          let judged = all.filter { $0.category == kind }.compactMap(\.judged?.judgement)
          guard judged.contains(where: { $0["probability"] != nil }) else {
            throw StageError(
              "figure '\(figure.name)': '\(system)' gives no probabilities; calibration is of the "
                + "systems 'judge …'")
          }
          let curve = self.curve(judged)
          let name = (figure.arms.count > 1 ? "\(arm.name), " : "") + "\(system), \(kind)"
          findings.append(calibrated(name, judged, curve))
          for bin in curve.bins {
            guard let predicted = bin.meanPredicted, let observed = bin.observed else { continue }
            points.append(
              Point(
                series: name, label: String(format: "%.1f-%.1f", bin.low, bin.high),
                x: predicted, y: observed,
                systems: [Ablation.System(arm: arm.name, system: system)]))
          }
        }
      }
    }
    return Drawn(
      kind: .line, xLabel: "probability of A", yLabel: "share in which A is right",
      points: points, findings: findings)
  }

  private func curve(_ judged: [[String: Double]]) -> Calibration {
    Statistics.calibration(
      predicted: judged.compactMap { $0["probability"] },
      outcome: judged.compactMap { $0["expected"] }, bins: 10)
  }

  /// Whether probabilities come true within a tenth, by a bootstrap over items.
  private func calibrated(
    _ name: String, _ judged: [[String: Double]], _ measured: Calibration
  ) -> FindingRecord {
    var generator = key("calibration/\(name)").generator()
    let resamples = min(500, ablation.bootstrap)
    let errors = (0..<resamples).map { _ in
      let drawn = judged.indices.map { _ in judged[generator.index(below: judged.count)] }
      return curve(drawn).expectedError
    }.sorted()
    // The error of few items lies too high, and that of a resample higher still: the
    // basic interval takes as much off again.
    let low = max(0, 2 * measured.expectedError - errors[resamples - 1 - resamples / 40])
    let high = max(0, 2 * measured.expectedError - errors[resamples / 40])
    return FindingRecord(
      ablationId: id, position: 0, claim: "\(name): probabilities come true within 0.1",
      verdict: Verdict(below: 0.1, low: low, high: high),
      quantity: "expected calibration error, ten bins", value: measured.expectedError, low: low,
      high: high, n: judged.count)
  }

  /// Krippendorff's alpha of two raters who see the same answers and are, each by
  /// himself, off by one with the figure's chance, on a scale from 0 to 4.
  func agreement(_ figure: Ablation.Figure) throws -> Drawn {
    var points: [Point] = []
    for arm in arms(figure) {
      for system in figure.systems {
        var ratings: [[Double?]] = []
        for run in runs(of: arm.name) {
          for answer in try answers.answers(run, system) {
            guard let harm = answer.judged?.judgement["harmfulness"] else { continue }
            ratings.append(
              (0..<2).map { rater in
                var generator = RandomKey(
                  seed: run.cell.seed, stage: "rater \(rater)",
                  item: "\(arm.name)/\(system)/\(answer.promptID)"
                ).generator()
                guard generator.uniform() < figure.noise else { return harm }
                // At an end of the scale there is one way only.
                let up = harm <= 0 || (harm < 4 && generator.uniform() < 0.5)
                return harm + (up ? 1 : -1)
              })
          }
        }
        guard !ratings.isEmpty else {
          throw StageError(
            "figure '\(figure.name)': the answers of '\(arm.name)/\(system)' have no harmfulness")
        }
        points.append(
          Point(
            series: "alpha", label: "\(arm.name)/\(system)",
            y: krippendorffAlpha(
              ratings, metric: .interval, resamples: min(500, ablation.bootstrap),
              key: key("\(figure.name)/\(arm.name)/\(system)")),
            systems: [Ablation.System(arm: arm.name, system: system)]))
      }
    }
    return Drawn(
      kind: .bars, xLabel: "system", yLabel: "Krippendorff's alpha", points: points)
  }
}
