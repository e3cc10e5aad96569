internal import GRDB

// Each of these is one transaction: all rows or none.
extension RunStore {
  /// Stores samples.
  ///
  /// - Returns: their `id`s, in the same order.
  @discardableResult
  public func insert(_ samples: [SampleRecord]) throws(StoreError) -> [Int64] {
    guard !samples.isEmpty else { return [] }
    return try write("store samples") { database in
      try samples.map { sample in
        try StoredRow(sample).insert(database)
        return database.lastInsertedRowID
      }
    }
  }

  /// Stores votes; the same question asked again replaces the old answer.
  public func insert(_ votes: [VoteRecord]) throws(StoreError) {
    try insertAll(votes, "store votes")
  }

  /// Stores comparisons, or their newer state: one row per run and `id`.
  public func insert(_ comparisons: [ComparisonRecord]) throws(StoreError) {
    try insertAll(comparisons, "store comparisons")
  }

  /// Stores scores: one row per run, stage and item.
  public func insert(_ scores: [ScoreRecord]) throws(StoreError) {
    try insertAll(scores, "store scores")
  }

  /// Stores points of curves: one row per run, stage, name and step.
  public func insert(_ metrics: [MetricRecord]) throws(StoreError) {
    try insertAll(metrics, "store metrics")
  }

  /// Stores evaluations: one row per run, system, metric and category.
  public func insert(_ evaluations: [EvaluationRecord]) throws(StoreError) {
    try insertAll(evaluations, "store evaluations")
  }

  /// Links a run to weights: one row per run and role.
  public func insert(_ artifacts: [RunArtifactRecord]) throws(StoreError) {
    try insertAll(artifacts, "store the artifacts of a run")
  }

  func insertAll<Record: TableRecordValue>(
    _ records: [Record], _ action: String
  ) throws(StoreError) {
    guard !records.isEmpty else { return }
    try write(action) { database in
      for record in records {
        try StoredRow(record).store(database)
      }
    }
  }
}
