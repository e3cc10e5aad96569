/// Hears how a run goes. The program prints it; tests record it.
public protocol RunObserver: AnyObject {
  /// A stage begins. `index` counts from 1.
  func stageBegan(_ name: String, index: Int, of count: Int)
  /// Progress within the stage; `done` of `total` units, and a short text with
  /// the rate or the latest figures.
  func stageProgressed(done: Int, total: Int, detail: String)
  /// The stage ended; `summary` says what was reused, computed and found.
  func stageEnded(_ name: String, summary: String, seconds: Double)
  /// A line worth reading: a count of something set aside, or a sample.
  func note(_ text: String)
  /// A training step's figures, by name, as they go on record. Reused models have
  /// none: they were not trained in this run.
  func metricsRecorded(stage: String, step: Int, metrics: [String: Double])
}

extension RunObserver {
  public func metricsRecorded(stage: String, step: Int, metrics: [String: Double]) {}
}
