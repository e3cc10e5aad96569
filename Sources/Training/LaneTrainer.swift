internal import Kernels
internal import Transformer

/// One training workspace per lane for models of one configuration and precision. Grows when
/// a batch needs more room, so that a step allocates nothing once the longest
/// batch has been seen.
final class LaneArena: @unchecked Sendable {
  // Sendable: lane l uses workspaces[l] only; `reserve` runs between passes.
  let configuration: ModelConfiguration
  let precision: Precision
  let laneCount: Int
  private(set) var workspaces: [TrainingWorkspace] = []
  private var rows = 0
  private var sequence = 0

  /// For passes of `model`, and of others of its shape and precision.
  init(_ model: Model, lanes: Int) {
    configuration = model.configuration
    precision = model.precision
    laneCount = lanes
  }

  /// Makes room for chunks of `rows` rows and sequences of `sequence` tokens,
  /// and a little more, so that lengths that vary do not grow it step by step.
  func reserve(rows: Int, sequence: Int) {
    guard rows > self.rows || sequence > self.sequence else { return }
    let roomy = (sequence + 63) / 64 * 64
    self.rows = max(self.rows, (rows + 127) / 128 * 128)
    self.sequence = max(self.sequence, min(roomy, configuration.maximumPositions))
    workspaces = []
    workspaces = (0..<laneCount).map { _ in
      TrainingWorkspace(
        configuration, maximumRows: self.rows, maximumSequence: self.sequence,
        precision: precision)
    }
  }
}

/// Runs `body` once per lane at the same time; results in lane order.
func mapLanes<Result>(
  _ count: Int, _ body: @Sendable (Int) throws -> Result
) throws -> [Result] {
  let results = UnsafeMutableBufferPointer<Result?>.allocate(capacity: count)
  results.initialize(repeating: nil)
  defer { results.deinitialize().deallocate() }
  // Each lane writes its own element; the run ends before they are read.
  nonisolated(unsafe) let slots = results
  try Lanes.run(count) { lane in slots[lane] = try body(lane) }
  return results.map { $0! }
}

/// A forward pass over `sequences` in lanes and chunks, without gradients.
/// `read` takes from the workspace what the caller wants, per chunk, of the rows
/// from `first` of each sequence on.
/// - Returns: one result per sequence, in the order given. Repeats are
///   bit-identical for equal lanes and chunk size.
func forwardPass<Result>(
  _ model: Model, _ sequences: [[Int32]], readingFrom first: [Int], arena: LaneArena,
  chunkRows: Int,
  _ read: @Sendable (_ indices: [Int], PackedBatch, TrainingWorkspace) throws -> [Result]
) throws -> [Result] {
  let rows = sequences.map(\.count)
  let plan = WorkPlan(rows: rows, lanes: arena.laneCount, chunkRows: chunkRows)
  arena.reserve(rows: plan.maximumRows(rows), sequence: rows.max() ?? 0)
  let weights = model.packedWeights(lanes: arena.laneCount)
  let parts = try mapLanes(arena.laneCount) { lane in
    try plan.lanes[lane].map { chunk in
      let workspace = arena.workspaces[lane]
      let batch = PackedBatch(
        chunk.map { sequences[$0] }, readingFrom: chunk.map { first[$0] })
      model.forward(batch, weights, workspace)
      return try read(chunk, batch, workspace)
    }
  }
  var results = [Result?](repeating: nil, count: sequences.count)
  for (lane, chunks) in parts.enumerated() {
    for (chunk, values) in zip(plan.lanes[lane], chunks) {
      for (index, value) in zip(chunk, values) { results[index] = value }
    }
  }
  return results.map { $0! }
}

/// A model in training: a private gradient per lane, reduced in lane order,
/// and AdamW over disjoint parameter ranges. Results depend on the number of
/// lanes, never on how threads are scheduled.
final class LaneTrainer: @unchecked Sendable {
  // Sendable: lane l uses gradients[l] in a pass and its own parameter range
  // in an update; passes and updates never overlap.
  let model: Model
  let arena: LaneArena
  let options: OptimizerOptions
  let state: OptimizerState
  let gradients: [FloatBuffer]

  init(_ model: Model, arena: LaneArena, options: OptimizerOptions, state: OptimizerState) {
    self.model = model
    self.arena = arena
    self.options = options
    self.state = state
    gradients = (0..<arena.laneCount).map { _ in model.makeGradient() }
  }

  /// Clears the gradients and runs `body` over the plan's chunks.
  /// - Returns: the chunks' results in lane order, then chunk order.
  func accumulate<Result>(
    _ plan: WorkPlan,
    _ body:
      @Sendable (_ chunk: [Int], PackedWeights, TrainingWorkspace, FloatBuffer) throws -> Result
  ) throws -> [Result] {
    let weights = model.packedWeights(forTraining: true, lanes: arena.laneCount)
    let parts = try mapLanes(arena.laneCount) { lane in
      let gradient = gradients[lane]
      gradient.zero()
      return try plan.lanes[lane].map { chunk in
        try body(chunk, weights, arena.workspaces[lane], gradient)
      }
    }
    return parts.flatMap { $0 }
  }

  /// Adds the lanes' gradients into the first, in lane order.
  /// - Returns: the global norm; not finite if the gradient is not.
  func reduce() throws -> Double {
    let squares = try mapLanes(arena.laneCount) { lane in
      let range = share(lane)
      let total = gradients[0].pointer + range.lowerBound
      for other in gradients.dropFirst() {
        addInto(total, other.pointer + range.lowerBound, count: range.count)
      }
      return sumOfSquares(total, count: range.count)
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// One AdamW step with the reduced gradient, scaled to the clip norm.
  func update(learningRate: Double, norm: Double) throws {
    state.step += 1
    let scale = Float(norm > options.clipNorm ? options.clipNorm / norm : 1)
    let adam = AdamW(
      beta1: Float(options.beta1), beta2: Float(options.beta2),
      epsilon: Float(options.epsilon), weightDecay: Float(options.weightDecay))
    _ = try mapLanes(arena.laneCount) { lane in
      let range = share(lane)
      for tensor in model.layout.tensors {
        let part = range.clamped(to: tensor.range)
        guard !part.isEmpty else { continue }
        adamW(
          model.parameters.pointer + part.lowerBound,
          gradients[0].pointer + part.lowerBound,
          state.firstMoment.pointer + part.lowerBound,
          state.secondMoment.pointer + part.lowerBound,
          count: part.count, learningRate: Float(learningRate), gradientScale: scale,
          options: adam, step: state.step,
          decays: tensor.decays && tensor.name != "score.weight")
      }
    }
  }

  /// The parameters a lane reduces and updates: an even share, cut at
  /// multiples of a cache line.
  private func share(_ lane: Int) -> Range<Int> {
    let lines = (model.layout.count + 15) / 16
    let first = lines * lane / arena.laneCount * 16
    let last = lines * (lane + 1) / arena.laneCount * 16
    return min(first, model.layout.count)..<min(last, model.layout.count)
  }
}
