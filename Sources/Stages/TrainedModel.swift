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
  func trained(
    _ fingerprint: String, kind: String, head: Head = .languageModel,
    tokenizer: Tokenizer, chat: ChatFormat, train: () throws -> Model
  ) throws -> TrainedModel {
    if let memo = try store.stageMemo(fingerprint, as: TrainingMemo.self),
      let directory = store.artifactURL(memo.artifact)
    {
      counter.figures.merge(memo.figures) { _, kept in kept }
      return TrainedModel(
        checkpoint: try Checkpoint.load(directory, head: head), artifact: memo.artifact,
        isNew: false)
    }
    let checkpoint = try Checkpoint(model: train(), tokenizer: tokenizer, chat: chat)
    let artifact = try store.storeArtifact(kind: kind) { directory in
      try checkpoint.save(to: directory, precision: .float32)
    }
    try store.memoiseStage(
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

  /// Records one step's figures.
  func record(metrics: [String: Double], stage: String, step: Int) throws {
    try store.insert(
      metrics.sorted { $0.key < $1.key }.map {
        MetricRecord(runId: run.id, stage: stage, step: step, name: $0.key, value: $0.value)
      })
  }
}
