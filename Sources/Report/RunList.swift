internal import Foundation
public import RunStore

/// The runs of a store as a table for a terminal.
public enum RunList {
  /// One line for each run, in the order given, without a last line feed; ""
  /// for no runs.
  public static func text(_ runs: [RunRecord], width: Int = 80) -> String {
    guard !runs.isEmpty else { return "" }
    var table = TextTable([
      .init("run", .left), .init("name", .left), .init("status", .left), .init("seed"),
      .init("time"), .init("started", .left), .init("variant", .left),
    ])
    for run in runs {
      table.append([
        run.id, run.name, run.status.rawValue, "\(run.seed)",
        run.outcome.seconds.map(Formatting.duration) ?? "–",
        Formatting.minute(run.startedAt), run.variant ?? "",
      ])
    }
    return String(table.text(width: width).dropLast())
  }

  /// One object a line, in the order given: id, name, status, seed, start (UTC),
  /// and, where there are any, seconds, limit and variant.
  public static func json(_ runs: [RunRecord]) -> String {
    struct Row: Encodable {
      var id: String
      var name: String
      var status: RunStatus
      var seed: Int64
      var started: Date
      var seconds: Double?
      var limit: Int?
      var variant: String?
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return runs.map { run in
      let row = Row(
        id: run.id, name: run.name, status: run.status, seed: run.seed, started: run.startedAt,
        seconds: run.outcome.seconds, limit: run.limit, variant: run.variant)
      guard let data = try? encoder.encode(row) else {
        preconditionFailure("texts and numbers always encode")
      }
      return String(decoding: data, as: UTF8.self)
    }.joined(separator: "\n")
  }
}
