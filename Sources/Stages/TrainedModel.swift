import Foundation
import RunStore
import Training
import Transformer

/// A model that a stage trained or found in the record.
struct TrainedModel {
  var checkpoint: Checkpoint
  /// The content-addressed directory that holds it.
  var artifact: String
  /// False when the record had it.
  var isNew: Bool
}

/// What the record keeps of a training stage.
private struct TrainingMemo: Codable {
  var artifact: String
  var figures: [String: Double]
}

extension StageContext {
  /// The model with this fingerprint: from the record, or made by `train` and
  /// recorded. Figures that `train` left in the counter are kept with it.
  ///
  /// - Parameters:
  ///   - tokens: read and learned from in all steps together, for plans.
  ///   - base: what stands in for the model in a plan.
  ///   - again: trains even if the record has it.
  func trained(
    _ fingerprint: String, kind: String, head: Head = .languageModel, base: Checkpoint,
    tokens: @autoclosure () -> Int, again: Bool = false, train: () throws -> Model
  ) throws -> TrainedModel {
    if !again, let known = try memo.stageMemo(fingerprint, as: TrainingMemo.self),
      let directory = memo.artifactURL(known.artifact)
    {
      counter.figures.merge(known.figures) { _, kept in kept }
      return TrainedModel(
        checkpoint: try Checkpoint.load(
          directory, head: head, precision: base.model.precision), artifact: known.artifact,
        isNew: false)
    }
    if let plan {
      let isNew = plan.claim(Data(fingerprint.utf8))
      if isNew { plan.addTraining(tokens: tokens()) }
      return TrainedModel(
        checkpoint: base.standIn(named: "planned-\(fingerprint)"), artifact: "", isNew: isNew)
    }
    let checkpoint = try Checkpoint(model: train(), tokenizer: base.tokenizer, chat: base.chat)
    // From here on it only generates or scores.
    checkpoint.model.releasePackedWeights()
    let artifact = try memo.storeArtifact(kind: kind) { directory in
      try checkpoint.save(to: directory, precision: .float32)
    }
    try memo.memoiseStage(
      fingerprint, TrainingMemo(artifact: artifact, figures: counter.figures))
    try? FileManager.default.removeItem(at: unfinished(fingerprint))
    return TrainedModel(checkpoint: checkpoint, artifact: artifact, isNew: true)
  }

  /// Whether the record has the model with this fingerprint.
  func isTrained(_ fingerprint: String) throws -> Bool {
    try memo.stageMemo(fingerprint, as: TrainingMemo.self)
      .flatMap { memo.artifactURL($0.artifact) } != nil
  }

  /// Whether the record has this training, and it ended at or before `iteration`.
  func isStopped(_ fingerprint: String, before iteration: Int) throws -> Bool {
    let known = try memo.stageMemo(fingerprint, as: TrainingMemo.self)
    return known?.figures["iterations"].map { Int($0) <= iteration } ?? false
  }

  /// Where the unfinished training with this fingerprint is kept.
  func unfinished(_ fingerprint: String) throws -> URL {
    let directory = store.directory.appendingPathComponent("unfinished", isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    return directory.appendingPathComponent("\(fingerprint).safetensors")
  }

  /// Records one step's figures and tells the observer.
  func record(metrics: [String: Double], stage: String, step: Int) throws {
    try store.insert(
      metrics.sorted { $0.key < $1.key }.map {
        MetricRecord(runId: run.id, stage: stage, step: step, name: $0.key, value: $0.value)
      })
    observer.metricsRecorded(stage: stage, step: step, metrics: metrics)
  }
}
