internal import Foundation
internal import GRDB

extension RunStore {
  /// Records that an ablation begins.
  ///
  /// - Returns: the ablation with its `id`, status `running` and start time.
  public func begin(_ ablation: AblationRecord) throws(StoreError) -> AblationRecord {
    try write("begin an ablation") { database in
      var ablation = ablation
      ablation.id = try RunStore.unusedIdentifier(database)
      ablation.status = .running
      ablation.startedAt = Date()
      ablation.finishedAt = nil
      try StoredRow(ablation).insert(database)
      return ablation
    }
  }

  /// Records that an ablation has ended.
  ///
  /// - Returns: the ablation as stored.
  @discardableResult
  public func finish(
    _ ablation: AblationRecord, status: RunStatus
  ) throws(StoreError) -> AblationRecord {
    try write("finish ablation \(ablation.id)") { database in
      var ablation = ablation
      ablation.status = status
      ablation.finishedAt = Date()
      try StoredRow(ablation).update(database)
      return ablation
    }
  }

  /// Links a run to an ablation: one row per ablation, arm and seed.
  public func insert(_ runs: [AblationRunRecord]) throws(StoreError) {
    try insertAll(runs, "store the runs of an ablation")
  }

  /// Stores a figure with all its points.
  public func insert(_ figure: FigureRecord, _ points: [FigurePointRecord]) throws(StoreError) {
    try insertAll([figure], "store a figure")
    try insertAll(points, "store the points of a figure")
  }

  /// Stores findings: one row per ablation and position.
  public func insert(_ findings: [FindingRecord]) throws(StoreError) {
    try insertAll(findings, "store findings")
  }

  /// Ablations, newest first.
  public func ablations() throws(StoreError) -> [AblationRecord] {
    try read("read ablations") { database in
      try AblationRecord.fetch(
        database, "SELECT * FROM ablation ORDER BY startedAt DESC, rowid DESC")
    }
  }

  /// The ablation meant by `reference`: the beginning of an `id`, or a name (then
  /// its latest); nil when there is none.
  public func ablation(matching reference: String) throws(StoreError) -> AblationRecord? {
    let all = try ablations()
    return all.first { $0.name == reference }
      ?? all.first { !reference.isEmpty && $0.id.hasPrefix(reference.lowercased()) }
  }

  /// The runs of an ablation, in the order they were stored.
  public func runs(ofAblation id: String) throws(StoreError) -> [AblationRunRecord] {
    try read("read the runs of an ablation") { database in
      try AblationRunRecord.fetch(
        database, "SELECT * FROM ablationRun WHERE ablationId = ? ORDER BY rowid", [id])
    }
  }

  /// The figures of an ablation, in the order they were stored.
  public func figures(of id: String) throws(StoreError) -> [FigureRecord] {
    try read("read figures") { database in
      try FigureRecord.fetch(
        database, "SELECT * FROM figure WHERE ablationId = ? ORDER BY rowid", [id])
    }
  }

  /// The points of one figure, in their order.
  public func points(of id: String, figure: String) throws(StoreError) -> [FigurePointRecord] {
    try read("read the points of a figure") { database in
      try FigurePointRecord.fetch(
        database,
        "SELECT * FROM figurePoint WHERE ablationId = ? AND figure = ? ORDER BY position",
        [id, figure])
    }
  }

  /// The findings of an ablation, in their order.
  public func findings(of id: String) throws(StoreError) -> [FindingRecord] {
    try read("read findings") { database in
      try FindingRecord.fetch(
        database, "SELECT * FROM finding WHERE ablationId = ? ORDER BY position", [id])
    }
  }

  /// The latest finished run with this fingerprint, if there is one.
  public func finishedRun(fingerprint: String) throws(StoreError) -> RunRecord? {
    try read("read runs") { database in
      try RunRecord.fetch(
        database,
        """
        SELECT * FROM run WHERE fingerprint = ? AND status = 'finished'
        ORDER BY startedAt DESC, rowid DESC LIMIT 1
        """, [fingerprint])
    }.first
  }
}
