internal import Foundation
internal import GRDB

extension RunStore {
  /// Runs, newest first.
  ///
  /// - Parameters:
  ///   - ablation: only those of this ablation.
  ///   - limit: at most so many.
  public func runs(ablation: String? = nil, limit: Int? = nil) throws(StoreError) -> [RunRecord] {
    try read("read runs") { database in
      try RunRecord.fetch(
        database,
        """
        SELECT * FROM run WHERE ?1 IS NULL OR ablation = ?1
        ORDER BY startedAt DESC, rowid DESC LIMIT ?2
        """,
        [ablation, limit ?? -1])
    }.map { $0.withObservedStatus() }
  }

  /// The run meant by `reference`: the beginning of an `id`, or a name (then
  /// its latest run); nil for the latest run of all.
  ///
  /// - Throws: when there is none, or an `id` is ambiguous.
  public func run(matching reference: String? = nil) throws(StoreError) -> RunRecord {
    guard let reference else {
      if let latest = try runs(limit: 1).first { return latest }
      throw StoreError(
        .noSuchRun, "no runs yet — \(databaseURL.path) — start one with `solon run`")
    }
    let found = try read("read runs") { database in
      let byName = try RunRecord.fetch(
        database,
        "SELECT * FROM run WHERE name = ? ORDER BY startedAt DESC, rowid DESC LIMIT 1",
        [reference])
      if !byName.isEmpty { return byName }
      guard !reference.isEmpty else { return [] }
      return try RunRecord.fetch(
        database,
        "SELECT * FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 9",
        [reference.lowercased()])
    }
    switch found.count {
    case 1: return found[0].withObservedStatus()
    case 0:
      let known = try runs(limit: 8).map { "\($0.id) (\($0.name))" }
      throw StoreError(
        .noSuchRun,
        "no run has the id or name '\(reference)' — \(databaseURL.path)"
          + (known.isEmpty ? "" : " — latest runs: \(known.joined(separator: ", "))"))
    default:
      let list = found.prefix(8).map(\.id).joined(separator: ", ")
      throw StoreError(
        .noSuchRun,
        "run id '\(reference)' is ambiguous: \(list)\(found.count > 8 ? ", …" : "")"
          + " — give more digits")
    }
  }

  /// The run with exactly this `id`.
  public func run(id: String) throws(StoreError) -> RunRecord {
    let found = try read("read runs") { database in
      try RunRecord.fetch(database, "SELECT * FROM run WHERE id = ?", [id])
    }
    guard let run = found.first else {
      throw StoreError(.noSuchRun, "no run has the id '\(id)' — \(databaseURL.path)")
    }
    return run.withObservedStatus()
  }

  /// The scripts a run read, by path.
  public func scripts(of runId: String) throws(StoreError) -> [ScriptRecord] {
    try read("read scripts") { database in
      try ScriptRecord.fetch(
        database, "SELECT * FROM script WHERE runId = ? ORDER BY path", [runId])
    }
  }

  /// The stages of a run, in their order.
  public func stages(of runId: String) throws(StoreError) -> [StageRecord] {
    try read("read stages") { database in
      try StageRecord.fetch(
        database, "SELECT * FROM stage WHERE runId = ? ORDER BY position, name", [runId])
    }
  }

  /// Samples of a run in the order they were stored; nil arguments select all.
  public func samples(
    of runId: String, stage: String? = nil, system: String? = nil, promptId: String? = nil,
    kind: SampleKind? = nil
  ) throws(StoreError) -> [SampleRecord] {
    try read("read samples") { database in
      try SampleRecord.fetch(
        database,
        """
        SELECT * FROM sample
        WHERE runId = ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR system = ?3)
          AND (?4 IS NULL OR promptId = ?4) AND (?5 IS NULL OR kind = ?5)
        ORDER BY id
        """,
        [runId, stage, system, promptId, kind?.rawValue])
    }
  }

  /// The comparisons of a run, in the order they were stored.
  public func comparisons(of runId: String) throws(StoreError) -> [ComparisonRecord] {
    try read("read comparisons") { database in
      try ComparisonRecord.fetch(
        database, "SELECT * FROM comparison WHERE runId = ? ORDER BY rowid", [runId])
    }
  }

  /// The votes of a run, or of one of its comparisons.
  public func votes(
    of runId: String, comparisonId: String? = nil
  ) throws(StoreError) -> [VoteRecord] {
    try read("read votes") { database in
      try VoteRecord.fetch(
        database,
        """
        SELECT * FROM vote WHERE runId = ?1 AND (?2 IS NULL OR comparisonId = ?2)
        ORDER BY comparisonId, draw, principleId, "order"
        """,
        [runId, comparisonId])
    }
  }

  /// The scores that a stage of a run gave, by item.
  public func scores(of runId: String, stage: String) throws(StoreError) -> [ScoreRecord] {
    try read("read scores") { database in
      try ScoreRecord.fetch(
        database, "SELECT * FROM score WHERE runId = ? AND stage = ? ORDER BY item",
        [runId, stage])
    }
  }

  /// Points of a run's curves by stage, name and step; nil arguments select
  /// all.
  public func metrics(
    of runId: String, stage: String? = nil, name: String? = nil
  ) throws(StoreError) -> [MetricRecord] {
    try read("read metrics") { database in
      try MetricRecord.fetch(
        database,
        """
        SELECT * FROM metric
        WHERE runId = ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR name = ?3)
        ORDER BY stage, name, step
        """,
        [runId, stage, name])
    }
  }

  /// The evaluations of a run, in the order they were stored.
  public func evaluations(of runId: String) throws(StoreError) -> [EvaluationRecord] {
    try read("read evaluations") { database in
      try EvaluationRecord.fetch(
        database, "SELECT * FROM evaluation WHERE runId = ? ORDER BY rowid", [runId])
    }
  }

  /// The weights that a run used or made, in the order they were stored.
  public func artifacts(of runId: String) throws(StoreError) -> [RunArtifactRecord] {
    try read("read artifacts") { database in
      try RunArtifactRecord.fetch(
        database, "SELECT * FROM runArtifact WHERE runId = ? ORDER BY rowid", [runId])
    }
  }

  /// What is known of an artifact.
  public func artifact(_ sha256: String) throws(StoreError) -> ArtifactRecord? {
    try read("read artifacts") { database in
      try ArtifactRecord.fetch(
        database, "SELECT * FROM artifact WHERE sha256 = ?", [sha256]
      ).first
    }
  }
}

extension RunRecord {
  /// The run as it stands: `running` only while its process lives.
  func withObservedStatus() -> RunRecord {
    let process = ProcessIdentity(identifier: processIdentifier, started: processStarted)
    guard status == .running, !process.isAlive else { return self }
    var run = self
    run.status = .interrupted
    return run
  }
}
