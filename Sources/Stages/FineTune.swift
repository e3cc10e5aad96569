import Constitution
import Foundation
import Kernels
import KeyedRandom
import RunStore
import Training
import Transformer

/// SL-CAI: fine-tunes the starting model on the revisions that `keep` lets
/// through and on its own answers to ordinary prompts, with the loss on the
/// answers only.
struct FineTune {
  /// A stopped run loses at most this many steps.
  private static let stepsBetweenSaves = 50

  func run(
    _ context: StageContext, start: Checkpoint, revisions: [[CritiqueAndRevise.Step]],
    helpful: [Response]
  ) throws -> TrainedModel {
    let settings = context.settings.finetune
    var examples: [TrainingExample] = []
    for step in revisions.prefix(settings.rounds ?? revisions.count).joined() {
      guard step.ended else {
        context.counter.setAside("revisions without an end")
        continue
      }
      guard try context.hooks.keeps(step.sample) else {
        context.counter.setAside("revisions that keep() refused")
        continue
      }
      examples.append(example(step.prompt, step.revision, context))
    }
    for response in helpful {
      guard response.ended else {
        context.counter.setAside("answers without an end")
        continue
      }
      examples.append(example(response.prompt, response.text, context))
    }
    guard !examples.isEmpty else {
      throw StageError(
        "fine-tuning has nothing to learn from: keep() refused every revision and no answer ended — "
          + "loosen keep in the constitution or raise stages.revise.max_tokens")
    }
    context.counter.items = examples.count

    let order = EpochOrder(
      count: examples.count, batchSize: min(settings.batch, examples.count),
      seed: context.experiment.seed, stage: "finetune")
    let steps = order.steps(epochs: Double(settings.epochs))
    var print = Fingerprint(StageVersion.fineTune)
    print.add(start.model.precision.rawValue)
    print.add(start.weightsHash)
    print.add(start.tokenizer.hash)
    for example in examples {
      print.add(example.tokens)
      print.add(example.weights)
    }
    print.add(settings.epochs)
    print.add(settings.batch)
    try print.add(settings: OptimizerOptions(settings.optimizer))
    print.add(Int(context.experiment.seed))
    print.add(context.lanes)

    let fingerprint = print.hex()
    return try context.trained(
      fingerprint, kind: "sl-cai", base: start,
      tokens: settings.epochs * examples.reduce(0) { $0 + $1.tokens.count }
    ) {
      let model = start.model.copy()
      let file = try context.unfinished(fingerprint)
      let state =
        FileManager.default.fileExists(atPath: file.path)
        ? try OptimizerState(restoring: model, tag: fingerprint, from: file)
        : OptimizerState(for: model)
      if state.step > 0 { context.observer.note("goes on after step \(state.step)") }
      try fineTune(
        model, steps: steps, optimizer: OptimizerOptions(settings.optimizer), state: state,
        batch: { step in order.batch(step).map { examples[$0] } },
        lanes: context.lanes
      ) { report in
        try context.checkCancellation()
        context.observer.stageProgressed(
          done: report.step, total: report.steps,
          detail: String(
            format: "loss %.3f, %.0f tokens/s", report.loss, report.tokensPerSecond))
        try context.record(
          metrics: [
            "loss": report.loss, "gradient_norm": report.gradientNorm,
            "learning_rate": report.learningRate,
          ], stage: "finetune", step: report.step)
        if report.step % Self.stepsBetweenSaves == 0, report.step < report.steps {
          try state.save(model, tag: fingerprint, to: file)
        }
      }
      return model
    }
  }

  private func example(
    _ prompt: Prompt, _ answer: String, _ context: StageContext
  ) -> TrainingExample {
    TrainingExample(
      prompt: context.conversation.prompt(prompt.text),
      response: context.conversation.answer(answer))
  }
}
