internal import Foundation
public import RunStore

/// An ablation's findings and figures for a terminal, or as JSON.
public struct AblationSummary {
  private let ablation: AblationRecord
  private let runs: [AblationRunRecord]
  private let figures: [(figure: FigureRecord, points: [FigurePointRecord])]
  private let findings: [FindingRecord]
  /// What each run took when it was computed, by id.
  private let seconds: [String: Double]

  public init(store: RunStore, ablation: AblationRecord) throws(StoreError) {
    self.ablation = ablation
    runs = try store.runs(ofAblation: ablation.id)
    findings = try store.findings(of: ablation.id)
    var seconds: [String: Double] = [:]
    for run in runs { seconds[run.runId] = try store.run(id: run.runId).outcome.seconds }
    self.seconds = seconds
    var figures: [(FigureRecord, [FigurePointRecord])] = []
    for figure in try store.figures(of: ablation.id) {
      figures.append((figure, try store.points(of: ablation.id, figure: figure.name)))
    }
    self.figures = figures
  }

  /// Figures as tables, then the findings.
  public func text(width: Int) -> String {
    var parts = [
      "ablation \(ablation.id)  \(TerminalText.escaped(ablation.name))"
        + "  \(runs.count) runs, \(runs.count { $0.isNew }) of them new\n"
    ]
    if !ablation.claim.isEmpty {
      parts[0] += lines(ablation.claim, width)
    }
    for (figure, points) in figures {
      parts.append(
        "\(TerminalText.escaped(figure.title))  (\(TerminalText.escaped(figure.yLabel)))\n"
          + table(figure, points).text(width: width))
    }
    if !findings.isEmpty {
      parts.append("findings, with 95 % intervals\n" + findingsText(width))
    }
    parts.append("look further: solon report \(ablation.id)")
    return parts.joined(separator: "\n")
  }

  /// Verdict, value and claim; below the claim, what the value is.
  private func findingsText(_ width: Int) -> String {
    let starts = findings.map {
      (verdict($0), Formatting.interval($0.value, $0.low, $0.high))
    }
    let columns = (
      starts.map { TerminalText.width($0.0) }.max() ?? 0,
      starts.map { TerminalText.width($0.1) }.max() ?? 0
    )
    let indent = columns.0 + columns.1 + 4
    let room = max(30, width - indent)
    return zip(findings, starts).map { finding, start in
      let texts = [finding.claim, finding.quantity].flatMap {
        TerminalText.wrapped(TerminalText.escaped($0), columns: room)
      }
      let first = pad(start.0, to: columns.0, .left) + "  " + pad(start.1, to: columns.1, .right)
      return texts.enumerated().map { index, text in
        (index == 0 ? first + "  " : String(repeating: " ", count: indent)) + text + "\n"
      }.joined()
    }.joined()
  }

  private func lines(_ text: String, _ width: Int) -> String {
    TerminalText.wrapped(TerminalText.escaped(text), columns: width).map { $0 + "\n" }.joined()
  }

  private func verdict(_ finding: FindingRecord) -> String {
    finding.verdict.rawValue
      + (finding.adjusted.map { String(format: " (p %.3f)", $0) } ?? "")
  }

  /// Series across, points down, where every series has the same points; or one row
  /// a point.
  private func table(_ figure: FigureRecord, _ points: [FigurePointRecord]) -> TextTable {
    func cell(_ point: FigurePointRecord) -> String {
      Formatting.interval(point.y, point.low ?? .nan, point.high ?? .nan)
    }
    if figure.kind == .scatter {
      var table = TextTable([
        .init("series", .left), .init("system", .left), .init(figure.xLabel),
        .init(figure.yLabel),
      ])
      for point in points {
        table.append([
          point.series, point.label,
          Formatting.interval(point.x ?? .nan, point.xLow ?? .nan, point.xHigh ?? .nan),
          cell(point),
        ])
      }
      return table
    }
    var series: [String] = []
    var labels: [String] = []
    for point in points {
      if !series.contains(point.series) { series.append(point.series) }
      if !labels.contains(point.label) { labels.append(point.label) }
    }
    var table = TextTable([.init(figure.xLabel, .left)] + series.map { .init($0) })
    for label in labels {
      table.append(
        [label]
          + series.map { series in
            points.first { $0.series == series && $0.label == label }.map(cell) ?? ""
          })
    }
    return table
  }

  /// One object: the ablation, its runs, figures with points, and findings.
  public func json() throws -> String {
    struct Run: Encodable {
      var arm: String
      var seed: Int64
      var run: String
      var isNew: Bool
      var seconds: Double?
    }
    struct Figure: Encodable {
      var figure: FigureRecord
      var points: [FigurePointRecord]
    }
    struct Object: Encodable {
      var ablation: AblationRecord
      var runs: [Run]
      var figures: [Figure]
      var findings: [FindingRecord]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let object = Object(
      ablation: ablation,
      runs: runs.map {
        Run(
          arm: $0.arm, seed: $0.seed, run: $0.runId, isNew: $0.isNew, seconds: seconds[$0.runId])
      },
      figures: figures.map { Figure(figure: $0.figure, points: $0.points) }, findings: findings)
    return String(decoding: try encoder.encode(object), as: UTF8.self)
  }
}
