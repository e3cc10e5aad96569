public import Kernels
public import Transformer

/// What one optimiser step did.
public struct StepReport: Sendable, Codable, Hashable {
  /// 1-based.
  public var step: Int
  /// Steps of the whole run.
  public var steps: Int
  /// Nats; mean over the batch, before the step's update.
  public var loss: Double
  /// Global norm before clipping.
  public var gradientNorm: Double
  public var learningRate: Double
  /// Tokens of the batch, prompts included, over the step's seconds.
  public var tokensPerSecond: Double
  /// Further figures by name; see `Metrics.all`.
  public var metrics: [String: Double]
}

/// Rows of one micro-chunk. Measured with 4 million parameters and sequences of
/// 80 tokens: time per token is level from 384 to 1,024 rows, and 6 % longer at
/// 256 (shorter products) and 5 % at 2,048 (activations leave the cache).
public let standardChunkRows = 512

/// Supervised training in place, used for pretraining and for SL-CAI.
///
/// The loss of a step is `sum(weight * -log p) / sum(weight)` over its batch.
/// Runs steps `state.step..<steps`: pass the state of a shorter run to extend
/// it. Bit-identical on repeats with equal `lanes` and `chunkRows`.
/// - Parameters:
///   - steps: total number of steps, which the schedule spans.
///   - state: optimiser state to go on from; a new one starts at step 0.
///   - batch: the examples of a 0-based step; should be a function of the step.
///   - report: called after each step; throwing ends the run there.
/// - Throws: `TrainingError` for an over-long or malformed example (before any
///   compute on its batch) and for a loss that is not finite (before the
///   weights are touched); whatever `batch` and `report` throw.
public func fineTune(
  _ model: Model, steps: Int, optimizer: OptimizerOptions,
  state: OptimizerState? = nil, batch: (Int) throws -> [TrainingExample],
  lanes: Int = Lanes.standardCount, chunkRows: Int = standardChunkRows,
  report: (StepReport) throws -> Void = { _ in }
) throws {
  try optimizer.check()
  guard model.head == .languageModel else {
    throw TrainingError(
      "fine-tuning: the model has a scalar head; give a model with a language-model head")
  }
  let trainer = LaneTrainer(
    model, arena: LaneArena(model, lanes: lanes),
    options: optimizer, state: state ?? OptimizerState(for: model))
  let clock = ContinuousClock()
  for step in trainer.state.step..<max(steps, trainer.state.step) {
    let started = clock.now
    let examples = try batch(step)
    try check(examples, model.configuration, step: step)
    let loss = try accumulateLoss(examples, trainer, chunkRows: chunkRows)
    let norm = try trainer.reduce()
    guard loss.isFinite, norm.isFinite else {
      throw TrainingError(
        "fine-tuning step \(step + 1): loss \(loss), gradient norm \(norm);"
          + " lower the learning rate (\(optimizer.learningRate)) or lengthen the warm-up")
    }
    let rate = optimizer.learningRate(step: step, of: steps)
    try trainer.update(learningRate: rate, norm: norm)
    let seconds = (clock.now - started).seconds
    let tokens = examples.reduce(0) { $0 + $1.tokens.count }
    try report(
      StepReport(
        step: step + 1, steps: steps, loss: loss, gradientNorm: norm, learningRate: rate,
        tokensPerSecond: Double(tokens) / seconds, metrics: [:]))
  }
}

/// Weighted mean loss of `examples`, without training.
public func evaluateLoss(
  _ model: Model, _ examples: [TrainingExample], lanes: Int = Lanes.standardCount,
  chunkRows: Int = standardChunkRows
) throws -> Double {
  try check(examples, model.configuration, step: 0)
  let total = totalWeight(examples)
  let losses = try forwardPass(
    model, examples.map(\.inputs), readingFrom: examples.map(\.firstRead),
    arena: LaneArena(model, lanes: lanes), chunkRows: chunkRows
  ) { chunk, packed, workspace in
    let targets = ChunkTargets(chunk.map { examples[$0] }, packed)
    let logp = model.logProbabilities(
      rows: targets.rows, targets: targets.tokens, workspace, entropies: false
    ).logProbabilities
    var sums = [Double](repeating: 0, count: chunk.count)
    for index in logp.indices {
      sums[targets.examples[index]] -= Double(targets.weights[index]) * Double(logp[index])
    }
    return sums
  }
  return losses.reduce(0, +) / total
}

/// Gradients of one batch into the trainer's lanes.
/// - Returns: the batch's loss.
func accumulateLoss(
  _ examples: [TrainingExample], _ trainer: LaneTrainer, chunkRows: Int
) throws -> Double {
  let total = totalWeight(examples)
  let rows = examples.map(\.inputCount)
  let plan = WorkPlan(rows: rows, lanes: trainer.arena.laneCount, chunkRows: chunkRows)
  trainer.arena.reserve(rows: plan.maximumRows(rows), sequence: rows.max() ?? 0)
  let model = trainer.model
  let losses = try trainer.accumulate(plan) { chunk, weights, workspace, gradient in
    let members = chunk.map { examples[$0] }
    let packed = PackedBatch(
      members.map(\.inputs), readingFrom: members.map(\.firstRead))
    let targets = ChunkTargets(members, packed)
    model.forward(packed, weights, workspace)
    let logp = model.logProbabilities(
      rows: targets.rows, targets: targets.tokens, workspace, entropies: false
    ).logProbabilities
    model.logProbabilitiesBackward(
      rows: targets.rows, targets: targets.tokens,
      coefficients: targets.weights.map { Float(Double($0) / total) },
      temperature: 1, workspace, into: gradient)
    model.backward(packed, workspace, into: gradient)
    return zip(logp, targets.weights).reduce(0.0) { $0 - Double($1.0) * Double($1.1) }
  }
  return losses.reduce(0, +) / total
}

/// The weighted predictions of a chunk: which row predicts which token.
struct ChunkTargets {
  var rows: [Int32] = []
  var tokens: [Int32] = []
  var weights: [Float] = []
  /// Index within the chunk of the example that each target belongs to.
  var examples: [Int] = []

  init(_ members: [TrainingExample], _ packed: PackedBatch) {
    for (index, example) in members.enumerated() {
      for position in 1..<max(1, example.tokens.count) where example.weights[position] != 0 {
        rows.append(Int32(packed.offsets[index] + position - 1))
        tokens.append(example.tokens[position])
        weights.append(example.weights[position])
        examples.append(index)
      }
    }
  }
}

extension TrainingExample {
  /// Tokens the model must read: those before the last one that counts. What
  /// follows changes no loss in a causal model.
  var inputCount: Int {
    max(1, weights.lastIndex { $0 != 0 } ?? 0)
  }

  /// Those tokens.
  var inputs: [Int32] { Array(tokens.prefix(inputCount)) }

  /// The first token after which a prediction counts.
  var firstRead: Int {
    weights.indices.dropFirst().first { weights[$0] != 0 }.map { $0 - 1 } ?? 0
  }
}

private func totalWeight(_ examples: [TrainingExample]) -> Double {
  examples.reduce(0) { $0 + $1.weights.dropFirst().reduce(0) { $0 + Double($1) } }
}

private func check(
  _ examples: [TrainingExample], _ configuration: ModelConfiguration, step: Int
) throws(TrainingError) {
  let place = "step \(step + 1)"
  for (index, example) in examples.enumerated() {
    guard example.tokens.count == example.weights.count else {
      throw TrainingError(
        "\(place), example \(index): \(example.tokens.count) tokens but"
          + " \(example.weights.count) weights; give one weight per token")
    }
    guard example.weights.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
      throw TrainingError(
        "\(place), example \(index): a weight is negative or not finite; give weights >= 0")
    }
    try checkSequence(example.tokens, configuration, place: "\(place), example \(index)")
  }
  guard totalWeight(examples) > 0 else {
    throw TrainingError(
      "\(place): no token of the batch (\(examples.count) examples) counts in the loss;"
        + " give examples with a response")
  }
}

/// Throws unless the sequence is non-empty, within the context and within the
/// vocabulary.
func checkSequence(
  _ tokens: [Int32], _ configuration: ModelConfiguration, place: String
) throws(TrainingError) {
  guard !tokens.isEmpty else {
    throw TrainingError("\(place): the sequence is empty; leave it out")
  }
  guard tokens.count <= configuration.maximumPositions else {
    throw TrainingError(
      "\(place): \(tokens.count) tokens, but the model's context is"
        + " \(configuration.maximumPositions); shorten or leave out the sequence")
  }
  if let token = tokens.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
    throw TrainingError(
      "\(place): token \(token) is outside the vocabulary of"
        + " \(configuration.vocabularySize); was it made by another tokenizer?")
  }
}

extension Duration {
  /// Length in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
