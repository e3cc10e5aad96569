public import Constitution
public import Foundation
import KeyedRandom
import Training
import Transformer

/// Trains a tokenizer and a model from scratch on documents that a script
/// draws, and writes them as a Hugging Face directory.
public struct Pretrain {
  let pretraining: Pretraining
  let hooks: PretrainingHooks
  let observer: any RunObserver
  let lanes: Int
  /// The directory where the state of a stopped pretraining is kept.
  let unfinished: URL

  /// - Parameter unfinished: a directory for the state from which the same
  ///   pretraining goes on after it was stopped; the state is removed at the end.
  public init(
    _ pretraining: Pretraining, hooks: PretrainingHooks, observer: any RunObserver, lanes: Int,
    unfinished: URL
  ) {
    self.pretraining = pretraining
    self.hooks = hooks
    self.observer = observer
    self.lanes = lanes
    self.unfinished = unfinished
  }

  /// Returns the SHA-256 of the weights as written.
  public func run(to directory: URL) throws -> String {
    // Taken before the first call: a script that keeps a table of what it made
    // would otherwise look like another script later.
    let script = try hooks.fingerprint()
    observer.stageBegan("tokenizer", index: 1, of: 2)
    let clock = ContinuousClock.now
    let sample = try (0..<pretraining.tokenizerDocuments).map { index in
      try document(index, progress: 0)
    }
    let tokenizer = try Tokenizer(
      data: TokenizerTrainer.train(
        on: sample, vocabularySize: pretraining.vocabulary,
        specialTokens: pretraining.specialTokens))
    observer.stageEnded(
      "tokenizer", summary: "\(tokenizer.vocabularySize) entries from \(sample.count) documents",
      seconds: (ContinuousClock.now - clock) / .seconds(1))

    observer.stageBegan("pretrain", index: 2, of: 2)
    let start = ContinuousClock.now
    let model = Model(
      configuration: try configuration(tokenizer), initializedBy: pretraining.seed)
    // The step count fixes the schedule, so it is known before the lengths of
    // later documents are: a step is at most `batch_tokens` long.
    let mean =
      Double(sample.prefix(2000).reduce(0) { $0 + tokenizer.encode($1).count })
      / Double(min(2000, sample.count))
    let documentsPerStep = max(1, Int(Double(pretraining.batchTokens) / mean))
    let steps = max(1, Int(Double(pretraining.tokens) / (mean * Double(documentsPerStep))))
    let end = tokenizer.token(pretraining.endOfText)!
    let tag = try tag(script: script, steps: steps)
    let file = unfinished.appendingPathComponent("pretrain-\(tag.prefix(16)).safetensors")
    let state = try unfinishedState(model, tag: tag, file: file)
    try fineTune(
      model, steps: steps, optimizer: OptimizerOptions(pretraining.optimizer), state: state,
      batch: { step in
        try (0..<documentsPerStep).map { position in
          let index = pretraining.tokenizerDocuments + step * documentsPerStep + position
          let text = try document(index, progress: Double(step) / Double(steps))
          let tokens = tokenizer.encode(text) + [end]
          guard tokens.count <= pretraining.context else {
            throw StageError(
              "document \(index) has \(tokens.count) tokens, more than the model's "
                + "context of \(pretraining.context) — shorten it or raise model.context")
          }
          return TrainingExample(document: tokens)
        }
      }, lanes: lanes
    ) { report in
      observer.stageProgressed(
        done: report.step, total: report.steps,
        detail: String(
          format: "loss %.3f, %.0f tokens/s", report.loss, report.tokensPerSecond))
      if report.step % Self.stepsBetweenSaves == 0, report.step < report.steps {
        try state.save(model, tag: tag, to: file)
      }
    }
    let chat = ChatFormat(
      user: pretraining.chat.user, assistant: pretraining.chat.assistant,
      endOfTurn: pretraining.chat.endOfTurn)
    let checkpoint = try Checkpoint(model: model, tokenizer: tokenizer, chat: chat)
    try checkpoint.save(
      to: directory, precision: pretraining.storesBfloat16 ? .bfloat16 : .float32)
    let written = try Checkpoint.load(directory)
    try? FileManager.default.removeItem(at: file)
    observer.stageEnded(
      "pretrain", summary: "\(steps) steps of \(documentsPerStep) documents",
      seconds: (ContinuousClock.now - start) / .seconds(1))
    return written.weightsHash
  }

  /// A stopped pretraining loses at most this many steps.
  private static let stepsBetweenSaves = 200

  /// Changes with anything that the training depends on.
  private func tag(script: String, steps: Int) throws -> String {
    var print = Fingerprint(StageVersion.pretrain)
    print.add(script)
    print.add(pretraining.specialTokens.count)
    for token in [
      pretraining.endOfText, pretraining.padding, pretraining.chat.user,
      pretraining.chat.assistant, pretraining.chat.endOfTurn,
    ] { print.add(token) }
    for number in [
      pretraining.vocabulary, pretraining.tokenizerDocuments, pretraining.hidden,
      pretraining.intermediate, pretraining.layers, pretraining.heads,
      pretraining.keyValueHeads, pretraining.context, pretraining.batchTokens, steps, lanes,
    ] { print.add(number) }
    print.add(String(pretraining.seed))
    for token in pretraining.specialTokens { print.add(token) }
    try print.add(settings: OptimizerOptions(pretraining.optimizer))
    return print.hex()
  }

  /// The state of a stopped pretraining of the same settings, its weights put
  /// into `model`; a new state otherwise.
  private func unfinishedState(
    _ model: Model, tag: String, file: URL
  ) throws -> OptimizerState {
    try FileManager.default.createDirectory(at: unfinished, withIntermediateDirectories: true)
    guard FileManager.default.fileExists(atPath: file.path) else {
      return OptimizerState(for: model)
    }
    let state = try OptimizerState(restoring: model, tag: tag, from: file)
    observer.note("goes on after step \(state.step)")
    return state
  }

  private func document(_ index: Int, progress: Double) throws -> String {
    try hooks.document(
      index, progress: progress,
      key: RandomKey(seed: pretraining.seed, stage: "pretrain document", item: index))
  }

  private func configuration(_ tokenizer: Tokenizer) throws -> ModelConfiguration {
    ModelConfiguration(
      vocabularySize: tokenizer.vocabularySize, hiddenSize: pretraining.hidden,
      intermediateSize: pretraining.intermediate, layerCount: pretraining.layers,
      headCount: pretraining.heads, keyValueHeadCount: pretraining.keyValueHeads,
      headDimension: pretraining.hidden / pretraining.heads,
      maximumPositions: pretraining.context, ropeTheta: 10_000, normEpsilon: 1e-5,
      tiedEmbeddings: true,
      endOfTextToken: tokenizer.token(pretraining.endOfText).map(Int.init),
      endOfTurnToken: tokenizer.token(pretraining.chat.endOfTurn).map(Int.init),
      paddingToken: tokenizer.token(pretraining.padding).map(Int.init))
  }
}
