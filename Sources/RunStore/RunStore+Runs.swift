internal import Foundation
internal import GRDB

extension RunStore {
  /// Records that a run begins, with the scripts it read.
  ///
  /// - Returns: the run with its `id`, status `running` and start time.
  public func begin(
    _ run: RunRecord, scripts: [ScriptRecord] = []
  ) throws(StoreError) -> RunRecord {
    try write("begin a run") { database in
      var run = run
      run.id = try RunStore.unusedIdentifier(database)
      run.status = .running
      run.startedAt = Date()
      run.finishedAt = nil
      run.processIdentifier = ProcessIdentity.current.identifier
      run.processStarted = ProcessIdentity.current.started
      try StoredRow(run).insert(database)
      for var script in scripts {
        script.runId = run.id
        try StoredRow(script).store(database)
      }
      return run
    }
  }

  /// Six hexadecimal digits that no run or ablation has yet. Not a part of any result, so
  /// drawn from the system's generator.
  static func unusedIdentifier(_ database: Database) throws -> String {
    while true {
      let number = Int.random(in: 0..<(1 << 24))
      let identifier = String(format: "%06x", number)
      let taken = try Bool.fetchOne(
        database,
        sql: """
          SELECT EXISTS (SELECT 1 FROM run WHERE id = ?1)
            OR EXISTS (SELECT 1 FROM ablation WHERE id = ?1)
          """, arguments: [identifier])
      if taken != true { return identifier }
    }
  }

  /// Stores every field of a run that `begin` returned.
  public func update(_ run: RunRecord) throws(StoreError) {
    try write("update run \(run.id)") { database in
      try StoredRow(run).update(database)
    }
  }

  /// Records that a run has ended.
  ///
  /// - Returns: the run as stored.
  @discardableResult
  public func finish(
    _ run: RunRecord, status: RunStatus, outcome: RunOutcome
  ) throws(StoreError) -> RunRecord {
    var run = run
    run.status = status
    run.outcome = outcome
    run.finishedAt = Date()
    try update(run)
    return run
  }

  /// Adds scripts that a run read after it began.
  public func insert(_ scripts: [ScriptRecord]) throws(StoreError) {
    try insertAll(scripts, "store scripts")
  }

  /// Stores a stage, or its newer state: one row per run and name.
  public func save(_ stage: StageRecord) throws(StoreError) {
    try insertAll([stage], "store stage \(stage.name)")
  }
}
