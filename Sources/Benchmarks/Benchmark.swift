public import Kernels

/// Measures how fast a task is done on this machine, with random weights and
/// tokens under fixed keys.
public struct Benchmark: Sendable {
  public let task: BenchmarkTask
  public let model: BenchmarkModel
  public let precision: Precision
  public let rounds: Int
  public let lanes: Int
  public let shape: Shape

  /// How much there is to do, where that is not the task's standard. For training
  /// and generation only.
  public struct Shape: Hashable, Sendable {
    /// Documents of a step, or prompts of a call.
    public var sequences: Int?
    /// Tokens of a document, or of a prompt.
    public var length: Int?

    public init(sequences: Int? = nil, length: Int? = nil) {
      self.sequences = sequences
      self.length = length
    }
  }

  /// - Parameter rounds: timed rounds, at least 1.
  public init(
    _ task: BenchmarkTask, _ model: BenchmarkModel, precision: Precision = .float32,
    rounds: Int, lanes: Int = Lanes.standardCount, shape: Shape = Shape()
  ) {
    precondition(rounds > 0, "a benchmark needs at least one round, got \(rounds)")
    self.task = task
    self.model = model
    self.precision = precision
    self.rounds = rounds
    self.lanes = lanes
    self.shape = shape
  }

  /// Measures, and reports each measurement when it is made: one, but for
  /// generation by the larger model, which is also measured one answer at a time.
  public func run(_ report: (BenchmarkResult) throws -> Void) throws {
    switch task {
    case .train: try report(measure { .train(model, precision, shape, lanes: lanes) })
    case .preference: try report(measure { .preference(model, precision, lanes: lanes) })
    case .ppo: try report(measure { try .ppo(model, precision, lanes: lanes) })
    case .feedback: try report(measure { try .feedback(model, precision, lanes: lanes) })
    case .generate:
      let sequences = shape.sequences ?? (model == .micro ? 64 : 16)
      let prompt = shape.length ?? 128
      try report(
        measure {
          try .generate(model, precision, sequences: sequences, prompt: prompt, lanes: lanes)
        })
      if model == .smol, shape == Shape() {
        try report(
          measure { try .generate(model, precision, sequences: 1, prompt: 1, lanes: lanes) })
      }
    }
  }

  private func measure(_ make: () throws -> Workload) throws -> BenchmarkResult {
    let peakBefore = MatmulPeak.measure(precision, lanes: lanes)
    PeakMemory.reset()
    let workload = try make()
    var timed: [(seconds: Double, round: Workload.Round)] = []
    var ended = 0
    var start = ContinuousClock.now
    var metered: (seconds: Double, totals: KernelMeter.Totals)?
    // A round to warm up, the timed ones, and one with clocks in the kernels.
    try workload.run(1 + rounds + 1) { round in
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      if (1...rounds).contains(ended) { timed.append((seconds, round)) }
      if ended == rounds { KernelMeter.start() }
      if ended == rounds + 1 { metered = (seconds, KernelMeter.stop()) }
      ended += 1
      start = .now
    }
    guard let metered else {
      preconditionFailure("a workload of \(1 + rounds + 1) rounds ended \(ended)")
    }
    let peakMemory = PeakMemory.bytes
    // Before and after: what else the machine does for a while meets only one.
    let peak = max(peakBefore, MatmulPeak.measure(precision, lanes: lanes))
    let readPeak = workload.bytesRead.map { _ in ReadPeak.measure(lanes: lanes) }
    let times = timed.map(\.seconds)
    let seconds = median(times)
    let bytesPerSecond = workload.bytesRead.map { $0 / seconds }
    let laneSeconds = metered.seconds * Double(lanes)
    let phases = Set(timed.flatMap(\.round.phases.keys))
    return BenchmarkResult(
      task: task, config: model, shape: workload.shape, precision: precision, lanes: lanes,
      vectors: .current, blasCore: BLAS.coreName, rounds: rounds, seconds: seconds,
      secondsLeast: times.min()!,
      secondsMost: times.max()!,
      phaseSeconds: phases.isEmpty
        ? nil
        : Dictionary(
          uniqueKeysWithValues: phases.map { name in
            (name, median(timed.compactMap { $0.round.phases[name] }))
          }),
      tokensPerSecond: median(timed.map { Double($0.round.tokens) / $0.seconds }),
      item: workload.itemName, itemsPerSecond: Double(workload.items) / seconds,
      operationsPerSecond: workload.operations / seconds, gemmPeak: peak,
      gemmPeakShare: workload.operations / seconds / peak,
      bytesPerSecond: bytesPerSecond, readPeak: readPeak,
      readPeakShare: bytesPerSecond.flatMap { bytes in readPeak.map { bytes / $0 } },
      kernelShares: Dictionary(
        uniqueKeysWithValues: metered.totals.map { ($0.rawValue, $1 / laneSeconds) }),
      otherShare: 1 - metered.totals.values.reduce(0, +) / laneSeconds,
      peakMemoryBytes: peakMemory)
  }
}
