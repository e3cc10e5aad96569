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
  func trained(
    _ fingerprint: String, kind: String, head: Head = .languageModel, base: Checkpoint,
    tokens: @autoclosure () -> Int, train: () throws -> Model
  ) throws -> TrainedModel {
    if let known = try memo.stageMemo(fingerprint, as: TrainingMemo.self),
      let directory = memo.artifactURL(known.artifact)
    {
      counter.figures.merge(known.figures) { _, kept in kept }
      return TrainedModel(
        checkpoint: try Checkpoint.load(
          directory, head: head, precision: base.model.precision), artifact: known.artifact,
        isNew: false)
    }
    if let plan {
      plan.addTraining(tokens: tokens())
      return TrainedModel(
        checkpoint: base.standIn(named: "planned-\(fingerprint)"), artifact: "", isNew: true)
    }
    let checkpoint = try Checkpoint(model: train(), tokenizer: base.tokenizer, chat: base.chat)
    let artifact = try memo.storeArtifact(kind: kind) { directory in
      try checkpoint.save(to: directory, precision: .float32)
    }
    try memo.memoiseStage(
      fingerprint, TrainingMemo(artifact: artifact, figures: counter.figures))
    try? FileManager.default.removeItem(at: unfinished(fingerprint))
    return TrainedModel(checkpoint: checkpoint, artifact: artifact, isNew: true)
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
