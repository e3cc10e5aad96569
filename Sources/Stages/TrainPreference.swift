import Constitution
import Foundation
import Kernels
import KeyedRandom
import RunStore
import Training
import Transformer

/// Trains the preference model on AI harmlessness labels mixed with the
/// evaluator's helpfulness labels.
struct TrainPreference {
  func run(
    _ context: StageContext, start: Checkpoint, labels: Label.Output, name: String
  ) throws -> TrainedModel {
    let settings = context.settings.preference
    let pairs =
      labels.harmful.map { pair($0, "harmless", context) }
      + labels.helpful.map { pair($0, "helpful", context) }
    // Held out by a keyed draw of the pair's name, so that adding a pair moves
    // no other.
    var (training, heldOut): ([PreferencePair], [PreferencePair]) = ([], [])
    for pair in pairs {
      var generator = context.key("preference held out", "\(pair.source)/\(pair.id)").generator()
      if generator.uniform() < settings.heldOut {
        heldOut.append(pair)
      } else {
        training.append(pair)
      }
    }
    guard !training.isEmpty else {
      throw StageError(
        "the preference model has no pairs to learn from: \(pairs.count) labelled, "
          + "\(heldOut.count) held out — give more prompts or lower stages.preference.held_out")
    }
    context.counter.items = pairs.count
    for source in ["harmless", "helpful"] {
      context.counter.figures["pairs/\(source)"] = Double(training.count { $0.source == source })
    }
    let options = PreferenceOptions(
      optimizer: OptimizerOptions(settings.optimizer), epochs: Double(settings.epochs),
      batchSize: settings.batch, seed: context.experiment.seed)

    var print = Fingerprint(StageVersion.preference)
    print.add(start.model.precision.rawValue)
    print.add(start.weightsHash)
    print.add(start.tokenizer.hash)
    for pair in training + heldOut {
      print.add(pair.source)
      print.add(pair.first)
      print.add(pair.second)
      print.add(pair.probability)
    }
    print.add(heldOut.count)
    try print.add(settings: options)
    print.add(context.lanes)

    return try context.trained(
      print.hex(), kind: "preference-model", head: .scalar, base: start,
      tokens: settings.epochs * training.reduce(0) { $0 + $1.first.count + $1.second.count }
    ) {
      let model = start.model.makePreferenceModel()
      let report = try trainPreferenceModel(
        model, pairs: training, heldOut: heldOut, options: options, lanes: context.lanes
      ) { step in
        try context.checkCancellation()
        context.observer.stageProgressed(
          done: step.step, total: step.steps,
          detail: String(format: "loss %.3f, %.0f tokens/s", step.loss, step.tokensPerSecond))
        try context.record(
          metrics: step.metrics.merging(["loss": step.loss]) { $1 },
          stage: name, step: step.step)
      }
      context.counter.figures.merge(figures(report)) { $1 }
      return model
    }
  }

  private func pair(
    _ labelled: Label.Labelled, _ source: String, _ context: StageContext
  ) -> PreferencePair {
    let prompt = context.conversation.prompt(labelled.pair.prompt.text)
    return PreferencePair(
      id: labelled.pair.id, source: source,
      first: prompt + context.conversation.answer(labelled.pair.a.text),
      second: prompt + context.conversation.answer(labelled.pair.b.text),
      probability: labelled.probability)
  }

  /// Everything the record keeps of the report, as named numbers.
  private func figures(_ report: PreferenceReport) -> [String: Double] {
    var figures: [String: Double] = [
      "identical_pairs": Double(report.identicalPairs),
      "score_mean": report.scoreMoments.mean,
      "score_deviation": report.scoreMoments.standardDeviation,
    ]
    guard let heldOut = report.heldOut else { return figures }
    figures["held_out/pairs"] = Double(heldOut.count)
    figures["held_out/loss"] = heldOut.loss
    figures["held_out/label_entropy"] = heldOut.labelEntropy
    figures["held_out/accuracy"] = heldOut.accuracy.accuracy
    figures["held_out/calibration_error"] = heldOut.expectedCalibrationError
    for (source, accuracy) in heldOut.bySource {
      figures["held_out/accuracy/\(source)"] = accuracy.accuracy
    }
    for (index, bin) in heldOut.calibration.enumerated() where bin.count > 0 {
      figures["calibration/\(index)/predicted"] = bin.meanPrediction
      figures["calibration/\(index)/labelled"] = bin.meanLabel
      figures["calibration/\(index)/pairs"] = Double(bin.count)
    }
    return figures
  }
}
