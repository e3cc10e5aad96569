internal import Foundation
internal import RunStore

/// The figures of a report on runs, made from what the runs measured.
struct RunFigures {
  let runs: [(name: String, view: RunView, metrics: [MetricRecord])]

  /// What a reader looks for first.
  var measures: [ReportFigure] {
    [bars("harmfulness", isSmall: false), categories, revisionCurve].compactMap { $0 }
  }

  /// The other metrics, a small figure each.
  var others: [ReportFigure] {
    unique(runs.flatMap(\.view.metrics)).filter { $0 != "harmfulness" }.compactMap {
      bars($0, isSmall: true)
    }
  }

  private func source(_ run: RunView, _ system: String) -> String {
    "[{\"run\":\(HTML.data(run.run.id)),\"system\":\(HTML.data(system))}]"
  }

  private func series(_ name: String) -> String { runs.count > 1 ? name : "" }

  private static func identifier(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }

  /// A metric by system, the runs side by side.
  private func bars(_ metric: String, isSmall: Bool) -> ReportFigure? {
    var points: [FigurePointRecord] = []
    for (name, view, _) in runs {
      for system in view.systems {
        guard let measure = view.measure(system, metric) else { continue }
        points.append(
          FigurePointRecord(
            ablationId: "", figure: metric, position: points.count, series: series(name),
            label: system, y: measure.mean, low: measure.low, high: measure.high, n: measure.n,
            sources: source(view, system)))
      }
    }
    guard !points.isEmpty else { return nil }
    let record = FigureRecord(
      ablationId: "", name: RunFigures.identifier(metric), kind: .bars,
      title: metric.prefix(1).uppercased()
        + metric.dropFirst().replacingOccurrences(
          of: "_", with: " "),
      note: isSmall ? "" : "Means over prompts by system; whiskers are 95 % intervals.",
      yLabel: metric)
    return sized(ReportFigure(record, points), isSmall: isSmall)
  }

  private var categories: ReportFigure? {
    var points: [FigurePointRecord] = []
    for (name, view, _) in runs {
      for system in view.systems where !system.hasPrefix("revision-") {
        for category in view.categories("harmfulness", system: system) {
          guard let measure = view.measure(system, "harmfulness", category: category) else {
            continue
          }
          points.append(
            FigurePointRecord(
              ablationId: "", figure: "categories", position: points.count,
              series: runs.count > 1 ? "\(name): \(system)" : system, label: category,
              y: measure.mean, low: measure.low, high: measure.high, n: measure.n,
              sources: source(view, system)))
        }
      }
    }
    guard !points.isEmpty else { return nil }
    return ReportFigure(
      FigureRecord(
        ablationId: "", name: "harm-by-category", kind: .bars, title: "Harmfulness by category",
        note: "Means over the prompts of a category; whiskers are 95 % intervals.",
        yLabel: "harmfulness"), points)
  }

  /// Harm over rounds of critique and revision; round 0 is the first answer.
  private var revisionCurve: ReportFigure? {
    var points: [FigurePointRecord] = []
    for (name, view, _) in runs {
      let rounds = view.systems.compactMap { system -> (Int, String)? in
        if system == "helpful-only" { return (0, system) }
        guard system.hasPrefix("revision-") else { return nil }
        return Int(system.dropFirst("revision-".count)).map { ($0, system) }
      }.sorted { $0.0 < $1.0 }
      guard rounds.count > 1 else { continue }
      for (round, system) in rounds {
        guard let measure = view.measure(system, "harmfulness") else { continue }
        points.append(
          FigurePointRecord(
            ablationId: "", figure: "revisions", position: points.count, series: series(name),
            label: system, x: Double(round), y: measure.mean, low: measure.low,
            high: measure.high, n: measure.n, sources: source(view, system)))
      }
    }
    guard !points.isEmpty else { return nil }
    return ReportFigure(
      FigureRecord(
        ablationId: "", name: "revisions", kind: .line, title: "Harmfulness over revisions",
        note: "Round 0 is the first answer of the helpful-only model; each later round is one "
          + "critique and one revision by the same model.",
        xLabel: "round of critique and revision", yLabel: "harmfulness"), points)
  }

  // MARK: Training

  /// Curves that tell how training went, in the order in which one looks.
  private static let usualCurves = [
    "loss", "preference/accuracy", "objective/score", "objective/held_out_score",
    "objective/reward", "objective/kl", "objective/entropy", "response/length",
  ]

  /// The usual curves first, then all others.
  var curves: (usual: [ReportFigure], others: [ReportFigure]) {
    var names: [[String]] = []
    for (_, _, metrics) in runs {
      for metric in metrics where !names.contains([metric.stage, metric.name]) {
        names.append([metric.stage, metric.name])
      }
    }
    let order = unique(runs.flatMap { $0.view.stages.map(\.name) })
    func rank(_ name: [String]) -> (Int, Int) {
      (
        order.firstIndex(of: name[0]) ?? .max,
        RunFigures.usualCurves.firstIndex(of: name[1]) ?? .max
      )
    }
    names.sort { rank($0) < rank($1) }
    let usual = names.filter { RunFigures.usualCurves.contains($0[1]) }
    let rest = names.filter { !RunFigures.usualCurves.contains($0[1]) }
    return (usual.compactMap(curve), rest.compactMap(curve))
  }

  private func curve(_ name: [String]) -> ReportFigure? {
    let (stage, metric) = (name[0], name[1])
    var points: [FigurePointRecord] = []
    for (run, _, metrics) in runs {
      for point in metrics where point.stage == stage && point.name == metric {
        points.append(
          FigurePointRecord(
            ablationId: "", figure: metric, position: points.count, series: series(run),
            label: "", x: Double(point.step), y: point.value, n: 0))
      }
    }
    guard points.contains(where: \.y.isFinite) else { return nil }
    return sized(
      ReportFigure(
        FigureRecord(
          ablationId: "", name: RunFigures.identifier("\(stage)-\(metric)"), kind: .line,
          title: "\(stage): \(metric)", xLabel: "step", yLabel: metric), points),
      isSmall: true)
  }

  /// Predicted against observed preference on held-out pairs.
  var calibration: ReportFigure? {
    var points: [FigurePointRecord] = []
    for (name, view, _) in runs {
      for bin in view.run.outcome.preference?.calibration ?? [] {
        points.append(
          FigurePointRecord(
            ablationId: "", figure: "calibration", position: points.count, series: series(name),
            label: "", x: bin.predicted, y: bin.observed, n: bin.n))
      }
    }
    guard !points.isEmpty else { return nil }
    let words = runs.compactMap { name, view, _ -> String? in
      guard let preference = view.run.outcome.preference else { return nil }
      let parts = [
        preference.accuracy.map { "accuracy \(Formatting.number($0))" },
        preference.agreement.map { "agreement with the evaluator \(Formatting.number($0))" },
        preference.calibrationError.map { "calibration error \(Formatting.number($0))" },
        preference.heldOutPairs.map { "\($0) held-out pairs" },
      ].compactMap { $0 }.joined(separator: ", ")
      return runs.count > 1 ? "\(name): \(parts)" : parts
    }
    var figure = ReportFigure(
      FigureRecord(
        ablationId: "", name: "calibration", kind: .scatter,
        title: "Calibration of the preference model",
        note: words.joined(separator: "; ") + ". On the dashed line the model is right as often "
          + "as it says.",
        xLabel: "predicted probability", yLabel: "mean label"), points)
    figure.plot.hasDiagonal = true
    return figure
  }

  private func sized(_ figure: ReportFigure, isSmall: Bool) -> ReportFigure {
    guard isSmall else { return figure }
    var figure = figure
    figure.isSmall = true
    figure.plot.width = 400
    figure.plot.plotHeight = 170
    return figure
  }
}
