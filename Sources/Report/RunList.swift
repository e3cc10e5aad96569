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
}
