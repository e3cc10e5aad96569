internal import Foundation
public import RunStore

/// A run as text for a terminal: what was measured, what it cost, what the
/// systems say, and where the rest is.
public struct RunSummary {
  private let view: RunView
  private let transcripts: Transcripts
  private let database: URL

  /// Reads everything the summary needs.
  ///
  /// - Parameters:
  ///   - run: the run's whole `id`.
  ///   - transcripts: how many prompts to show answers to.
  public init(store: RunStore, run id: String, transcripts count: Int = 3) throws(StoreError) {
    let run = try store.run(id: id)
    view = try RunView(store, run)
    let samples = try store.samples(of: run.id, stage: "evaluate", kind: .response)
    let writers = Set(samples.compactMap(\.system))
    transcripts = Transcripts(
      samples, systems: view.systems.filter(writers.contains), count: count)
    database = store.databaseURL
  }

  /// The whole text, without a last line feed.
  ///
  /// - Parameter width: columns of the terminal.
  public func text(width: Int = 80) -> String {
    let width = max(width, 40)
    let parts = [
      heading, measures(width), categories(width), preference(width), stages(width),
      transcripts.text(width: width), record,
    ]
    return String(parts.filter { !$0.isEmpty }.joined(separator: "\n").dropLast())
  }

  private var heading: String {
    let run = view.run
    var lines = [
      "\(run.name)  run \(run.id)  \(status)",
      "constitution \(run.constitutionName) version \(run.constitutionVersion)"
        + "  seed \(run.seed)  started \(Formatting.minute(run.startedAt))",
    ]
    if let ablation = run.ablation {
      lines.append("ablation \(ablation)" + (run.variant.map { "  \($0)" } ?? ""))
    }
    if let limit = run.limit {
      lines.append(
        "smoke test: at most \(limit) prompts of each set; its numbers mean little")
    }
    if !run.overrides.isEmpty {
      lines.append("set by hand: " + run.overrides.joined(separator: "  "))
    }
    return lines.map { TerminalText.escaped($0) + "\n" }.joined()
  }

  private var status: String {
    let time = Formatting.duration(view.seconds)
    let reason = view.run.outcome.reason.map { ": \($0)" } ?? ""
    switch view.run.status {
    case .running: return "still running"
    case .finished: return "finished in \(time)"
    case .failed: return "failed after \(time)\(reason)"
    case .stopped: return "stopped after \(time)\(reason)"
    case .interrupted: return "interrupted: its process ended before the run did"
    }
  }

  private func measures(_ width: Int) -> String {
    guard !view.systems.isEmpty else { return "" }
    var table = TextTable(
      [.init("system", .left)] + view.metrics.map { TextTable.Column($0) })
    for system in view.systems {
      table.append([system] + view.metrics.map { cell(system, $0) })
    }
    let counts = view.metrics.map { metric in
      "\(metric) \(count(view.systems.compactMap { view.measure($0, metric)?.n }))"
    }
    let note = "95 % intervals in brackets; items: " + counts.joined(separator: ", ")
    return table.text(width: width)
      + TerminalText.wrapped(note, columns: width).map { $0 + "\n" }.joined()
  }

  /// "128", or "96 to 128" where the systems differ.
  private func count(_ counts: [Int]) -> String {
    guard let low = counts.min(), let high = counts.max() else { return "0" }
    return low == high ? "\(low)" : "\(low) to \(high)"
  }

  private func cell(_ system: String, _ metric: String, category: String? = nil) -> String {
    guard let value = view.measure(system, metric, category: category) else { return "–" }
    return Formatting.interval(value.mean, value.low, value.high)
  }

  private func categories(_ width: Int) -> String {
    let categories = view.categories("harmfulness")
    guard !categories.isEmpty else { return "" }
    var table = TextTable(
      [.init("harmfulness by category", .left)] + view.systems.map { TextTable.Column($0) })
    for category in categories {
      table.append(
        [category] + view.systems.map { cell($0, "harmfulness", category: category) })
    }
    return table.text(width: width)
  }

  private func preference(_ width: Int) -> String {
    guard let preference = view.run.outcome.preference else { return "" }
    var parts: [String] = []
    if let accuracy = preference.accuracy {
      let pairs = preference.heldOutPairs.map { " on \($0) held-out pairs" } ?? ""
      parts.append("accuracy \(Formatting.number(accuracy))\(pairs)")
    }
    if let agreement = preference.agreement {
      let onHarm = preference.agreementOnHarm.map {
        " (\(Formatting.number($0)) where the harm differs)"
      }
      parts.append(
        "orders answers as the evaluator does in \(Formatting.number(agreement))" + (onHarm ?? ""))
    }
    if let error = preference.calibrationError {
      parts.append("calibration error \(Formatting.number(error))")
    }
    if let dropped = preference.droppedPairs, dropped > 0 {
      parts.append("\(dropped) pairs dropped")
    }
    guard !parts.isEmpty else { return "" }
    let line = "preference model: " + parts.joined(separator: ", ")
    return TerminalText.wrapped(line, columns: width).map { $0 + "\n" }.joined()
  }

  private func stages(_ width: Int) -> String {
    guard !view.stages.isEmpty else { return "" }
    var table = TextTable([
      .init("stage", .left), .init("items"), .init("reused"), .init("computed"),
      .init("seconds"),
    ])
    for stage in view.stages {
      let state = stage.status == .finished ? "" : " (\(stage.status.rawValue))"
      table.append([
        stage.name + state, "\(stage.items)", "\(stage.reused)", "\(stage.computed)",
        String(format: "%.1f", stage.seconds),
      ])
    }
    let calls = view.stages.reduce(into: (reused: 0, computed: 0)) { sum, stage in
      sum.reused += stage.modelCallsReused
      sum.computed += stage.modelCallsComputed
    }
    return table.text(width: width)
      + "model calls: \(calls.computed) computed, \(calls.reused) reused\n"
      + "Lua callbacks: \(Formatting.duration(view.luaSeconds))"
      + " of \(Formatting.duration(view.seconds)) (\(Formatting.percent(view.luaShare)))\n"
  }

  private var record: String {
    let path = Formatting.path(database)
    var lines = ["record: \(path), run \(view.run.id)"]
    for artifact in view.artifacts {
      var line = "weights: \(artifact.role)  \(artifact.weightsHash.prefix(16))"
      if let sha256 = artifact.sha256 {
        let directory = Formatting.path(database.deletingLastPathComponent())
        line += "  \(directory)/artifacts/\(sha256)"
      } else if let path = artifact.path {
        line += "  \(path)"
      }
      lines.append(line)
    }
    lines.append("look further: solon show \(view.run.id) --json    or    sqlite3 \(path)")
    switch view.run.status {
    case .failed, .stopped, .interrupted:
      lines.append("resume by repeating the command: \(view.run.command)")
    case .running, .finished: break
    }
    return lines.map { TerminalText.escaped($0) + "\n" }.joined()
  }
}
