public import Kernels
public import Transformer

extension Model {
  /// A preference model to train: this model's backbone, copied, under a
  /// scalar head of zeros. Every score starts at 0, every loss at ln 2 or less
  /// favourable, and the first step moves the head alone.
  public func makePreferenceModel() -> Model { copy(head: .scalar) }
}

/// Trains a preference model in place on soft labels.
///
/// Loss of a pair: `-(p log s(d) + (1 - p) log s(-d))`, `s` the logistic
/// function, `d` the score of the first minus that of the second sequence,
/// each read at its last token; averaged over the batch. Token-identical pairs
/// are dropped and counted. Mixing sources in proportions is the caller's.
/// Bit-identical on repeats with equal `lanes` and `chunkRows`.
/// - Parameters:
///   - reference: sequences whose score moments are recorded; by default both
///     sides of the held-out pairs, or of the training pairs without any.
///   - report: called after each step; throwing ends the run there.
/// - Throws: `TrainingError` for a language-model head, an empty or over-long
///   sequence, a label outside [0, 1] or a loss that is not finite.
public func trainPreferenceModel(
  _ model: Model, pairs: [PreferencePair], heldOut: [PreferencePair] = [],
  options: PreferenceOptions, reference: (name: String, sequences: [[Int32]])? = nil,
  lanes: Int = Lanes.standardCount, chunkRows: Int = standardChunkRows,
  report: (StepReport) throws -> Void = { _ in }
) throws -> PreferenceReport {
  try options.optimizer.check()
  try require(options.batchSize > 0, "batchSize", Double(options.batchSize), "> 0")
  try require(options.epochs > 0, "epochs", options.epochs, "> 0")
  try check(pairs, model, set: "pair")
  try check(heldOut, model, set: "held-out pair")
  for (index, sequence) in (reference?.sequences ?? []).enumerated() {
    try checkSequence(sequence, model.configuration, place: "reference sequence \(index)")
  }
  let used = pairs.filter { !$0.isIdentical }
  guard !used.isEmpty else {
    throw TrainingError(
      "preference model: no usable pair (\(pairs.count) given, all with identical sides);"
        + " compare answers that differ")
  }

  let arena = LaneArena(model, lanes: lanes)
  let trainer = LaneTrainer(
    model, arena: arena, options: options.optimizer, state: OptimizerState(for: model))
  let order = EpochOrder(
    count: used.count, batchSize: min(options.batchSize, used.count),
    seed: options.seed, stage: "preference")
  let steps = order.steps(epochs: options.epochs)
  let clock = ContinuousClock()
  var losses: [Double] = []
  for step in 0..<steps {
    let started = clock.now
    let batch = order.batch(step).map { used[$0] }
    let (loss, right) = try accumulatePreferenceLoss(batch, trainer, chunkRows: chunkRows)
    let norm = try trainer.reduce()
    guard loss.isFinite, norm.isFinite else {
      throw TrainingError(
        "preference model, step \(step + 1): loss \(loss), gradient norm \(norm);"
          + " lower the learning rate (\(options.optimizer.learningRate))")
    }
    let rate = options.optimizer.learningRate(step: step, of: steps)
    try trainer.update(learningRate: rate, norm: norm)
    losses.append(loss)
    let tokens = batch.reduce(0) { $0 + $1.first.count + $1.second.count }
    try report(
      StepReport(
        step: step + 1, steps: steps, loss: loss, gradientNorm: norm, learningRate: rate,
        tokensPerSecond: Double(tokens) / (clock.now - started).seconds,
        metrics: ["preference/accuracy": right]))
  }

  let measured = (heldOut.isEmpty ? pairs : heldOut).filter { !$0.isIdentical }
  let values = try scores(
    model, measured.flatMap { [$0.first, $0.second] }, arena: arena, chunkRows: chunkRows)
  let moments =
    try reference.map { name, sequences in
      ScoreMoments(
        of: try scores(model, sequences, arena: arena, chunkRows: chunkRows), set: name)
    }
    ?? ScoreMoments(
      of: values,
      set: "both sides of the \(heldOut.isEmpty ? "training" : "held-out") pairs")
  return PreferenceReport(
    steps: steps, pairs: used.count, identicalPairs: pairs.count - used.count,
    identicalPairIDs: pairs.filter(\.isIdentical).map(\.id), losses: losses,
    heldOut: heldOut.isEmpty ? nil : evaluation(heldOut, scores: values),
    scoreMoments: moments)
}

/// Measures a preference model on pairs; identical ones are left out and
/// counted.
public func evaluatePreferences(
  _ model: Model, _ pairs: [PreferencePair], lanes: Int = Lanes.standardCount,
  chunkRows: Int = standardChunkRows
) throws -> PreferenceEvaluation {
  try check(pairs, model, set: "pair")
  let used = pairs.filter { !$0.isIdentical }
  let values = try scores(
    model, used.flatMap { [$0.first, $0.second] },
    arena: LaneArena(model, lanes: lanes), chunkRows: chunkRows)
  return evaluation(pairs, scores: values)
}

/// From the scores of both sides of every pair that is not identical.
private func evaluation(_ pairs: [PreferencePair], scores: [Float]) -> PreferenceEvaluation {
  let used = pairs.filter { !$0.isIdentical }
  return PreferenceEvaluation(
    pairs: used,
    differences: used.indices.map { Double(scores[2 * $0]) - Double(scores[2 * $0 + 1]) },
    identicalPairs: pairs.count - used.count)
}

/// Scores of whole sequences, each read at its last token, in the order given.
/// Logits: only differences mean something unless moments are subtracted.
public func scores(
  _ model: Model, _ sequences: [[Int32]], lanes: Int = Lanes.standardCount,
  chunkRows: Int = standardChunkRows
) throws -> [Float] {
  guard model.head == .scalar else {
    throw TrainingError("scores: the model has no scalar head; give a preference model")
  }
  for (index, sequence) in sequences.enumerated() {
    try checkSequence(sequence, model.configuration, place: "scores, sequence \(index)")
  }
  return try scores(
    model, sequences, arena: LaneArena(model, lanes: lanes), chunkRows: chunkRows)
}

/// Where a score is read.
private func lastPositions(_ sequences: [[Int32]]) -> [Int] { sequences.map { $0.count - 1 } }

func scores(
  _ model: Model, _ sequences: [[Int32]], arena: LaneArena, chunkRows: Int
) throws -> [Float] {
  try forwardPass(
    model, sequences, readingFrom: lastPositions(sequences), arena: arena,
    chunkRows: chunkRows
  ) { _, packed, workspace in
    model.scores(rows: packed.lastRows, workspace)
  }
}

/// Gradients of one batch of pairs into the trainer's lanes. Both sides of a
/// pair are in one chunk, since the loss needs both scores.
/// - Returns: mean loss, and accuracy as in `PreferenceAccuracy` (0.5 when no
///   label of the batch takes a side).
func accumulatePreferenceLoss(
  _ pairs: [PreferencePair], _ trainer: LaneTrainer, chunkRows: Int
) throws -> (loss: Double, accuracy: Double) {
  let rows = pairs.map { $0.first.count + $0.second.count }
  let plan = WorkPlan(rows: rows, lanes: trainer.arena.laneCount, chunkRows: chunkRows)
  trainer.arena.reserve(
    rows: plan.maximumRows(rows),
    sequence: pairs.map { max($0.first.count, $0.second.count) }.max() ?? 0)
  let model = trainer.model
  let total = Double(pairs.count)
  let parts = try trainer.accumulate(plan) { chunk, weights, workspace, gradient in
    let members = chunk.map { pairs[$0] }
    let sequences = members.flatMap { [$0.first, $0.second] }
    let packed = PackedBatch(sequences, readingFrom: lastPositions(sequences))
    let last = packed.lastRows
    model.forward(packed, weights, workspace)
    let values = model.scores(rows: last, workspace)
    let differences = members.indices.map {
      Double(values[2 * $0]) - Double(values[2 * $0 + 1])
    }
    let slopes = zip(members, differences).flatMap { pair, d -> [Float] in
      let slope = Float(preferenceSlope(d, label: pair.probability) / total)
      return [slope, -slope]
    }
    model.scoresBackward(rows: last, coefficients: slopes, workspace, into: gradient)
    model.backward(packed, workspace, into: gradient)
    return zip(members, differences).map { (label: $0.probability, difference: $1) }
  }
  let items = parts.flatMap { $0 }
  let loss = items.reduce(0) { $0 + preferenceLoss($1.difference, label: $1.label) } / total
  return (loss, PreferenceAccuracy(items).accuracy ?? 0.5)
}

private func check(
  _ pairs: [PreferencePair], _ model: Model, set: String
) throws(TrainingError) {
  guard model.head == .scalar else {
    throw TrainingError(
      "preference model: the model has no scalar head; start from makePreferenceModel()")
  }
  for pair in pairs {
    let place = "\(set) '\(pair.id)'"
    guard pair.probability >= 0 && pair.probability <= 1 else {
      throw TrainingError(
        "\(place): label \(pair.probability) is outside [0, 1]; give P(first is better)")
    }
    try checkSequence(pair.first, model.configuration, place: "\(place), first")
    try checkSequence(pair.second, model.configuration, place: "\(place), second")
  }
}
