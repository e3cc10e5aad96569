internal import Foundation
internal import RunStore

/// A figure of a report with everything that is shown of it.
struct ReportFigure {
  /// Evaluated answers: those of one system in one run.
  struct Source: Hashable, Codable {
    var run: String
    var system: String
  }

  let record: FigureRecord
  let points: [FigurePointRecord]
  var plot: Plot
  /// Small figures stand side by side.
  var isSmall = false

  init(_ record: FigureRecord, _ points: [FigurePointRecord]) {
    self.record = record
    self.points = points
    plot = Plot(record, points)
  }

  /// The answers behind a point, none when they cannot be read.
  static func sources(_ point: FigurePointRecord) -> [Source] {
    (try? JSONDecoder().decode([Source].self, from: Data(point.sources.utf8))) ?? []
  }

  /// The name of a point among those of its figure.
  static func name(_ point: FigurePointRecord) -> String {
    var parts = [point.series, point.label].filter { !$0.isEmpty }
    if parts.count == 2, parts[0] == parts[1] { parts.removeLast() }
    if point.label.isEmpty, let x = point.x { parts.append(Formatting.precise(x)) }
    return parts.joined(separator: " · ")
  }

  var csv: String {
    func number(_ value: Double?) -> String { value.map { $0.isFinite ? "\($0)" : "" } ?? "" }
    return CSV.text(
      [
        ["figure", "series", "label", "x", "x_low", "x_high", "y", "low", "high", "n", "sources"]
      ]
        + points.map { point in
          [
            point.figure, point.series, point.label, number(point.x), number(point.xLow),
            number(point.xHigh), number(point.y), number(point.low), number(point.high),
            "\(point.n)", point.sources,
          ]
        })
  }

  /// The numbers as a table; with `panel`, a button in each row that opens the
  /// answers behind it there.
  func table(panel: String?) -> String {
    let hasX = points.contains { $0.x != nil }
    let hasXInterval = points.contains { $0.xLow != nil && $0.xHigh != nil }
    let hasSeries = unique(points.map(\.series)) != [""]
    let hasLabel = unique(points.map(\.label)) != [""]
    let hasInterval = points.contains { $0.low != nil && $0.high != nil }
    let hasCount = points.contains { $0.n > 0 }
    var columns: [String] = []
    if hasSeries { columns.append("series") }
    if hasLabel { columns.append("point") }
    let xName = record.xLabel.isEmpty ? "x" : record.xLabel
    let yName = record.yLabel.isEmpty ? "y" : record.yLabel
    if hasX { columns.append(xName) }
    if hasXInterval { columns.append("95 % interval") }
    columns.append(yName)
    if hasInterval { columns.append("95 % interval") }
    if hasCount { columns.append("n") }
    if panel != nil { columns.append("answers") }
    let rows = points.enumerated().map { index, point in
      var row: [HTML.Cell] = []
      if hasSeries { row.append(.text(point.series)) }
      if hasLabel { row.append(.text(point.label)) }
      if hasX { row.append(.number(Formatting.precise(point.x))) }
      if hasXInterval { row.append(.number(Formatting.range(point.xLow, point.xHigh))) }
      row.append(.number(Formatting.measured(point.y)))
      if hasInterval { row.append(.number(Formatting.range(point.low, point.high))) }
      if hasCount { row.append(.number("\(point.n)")) }
      if let panel {
        let name = "Read the answers behind \(ReportFigure.name(point))"
        row.append(
          ReportFigure.sources(point).isEmpty
            ? .text("")
            : .html(
              "<button type=\"button\" class=\"read\" data-panel=\"\(HTML.escaped(panel))\" "
                + "data-point=\"\(index)\" aria-label=\"\(HTML.escaped(name))\">read</button>"))
      }
      return row
    }
    return HTML.table("Numbers of “\(record.title)”", columns, rows)
  }

  /// The figure with its note and numbers, without the transcripts.
  func html(panel: String?) -> String {
    let table = table(panel: panel)
    // Many numbers are there for those who ask.
    let isLong = points.count > 24 || isSmall
    return "<figure id=\"figure-\(HTML.escaped(record.name))\">\n"
      + "<figcaption><h3>\(HTML.escaped(record.title))</h3></figcaption>\n"
      + plot.svg(.page) + HTML.paragraph(record.note, class: "note")
      + (isLong ? HTML.details("Numbers (\(points.count))", table) : table)
      + "</figure>\n"
  }
}
