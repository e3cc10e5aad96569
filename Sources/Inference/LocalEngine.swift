public import Kernels
import Synchronization
public import Transformer

/// Runs a model on this machine's processor.
///
/// The work is spread over lanes: threads that each have their own key/value
/// slots and take requests from a shared queue. A step of a lane feeds the
/// newest token of every sequence that is being continued, and pieces of the
/// prompts that are still to be read; the slot of a finished sequence goes to
/// the next request at once. Tokens that several prompts begin with are
/// computed once per lane and copied; those with which all lanes begin, once, by all
/// lanes together.
///
/// The rows of a step do not influence each other (`Model.step`), and a draw
/// depends on its request's key alone, so results are bit by bit the same
/// however many lanes and slots there are and whatever else is in the call.
///
/// Each call uses the model's weights as they are then; they must not change
/// while it runs. Calls from several threads take turns. Caches are allocated
/// by the first call that needs them and kept.
public final class LocalEngine: LanguageModelEngine {
  /// How the work is laid out: speed and memory, never results.
  public struct Options: Sendable, Hashable {
    /// Threads that work at the same time, at least 1.
    public var lanes: Int
    /// The most sequences in one lane's step, at least 1; fewer are taken where
    /// about as many have room, keys and values, in the processor's cache.
    public var slotsPerLane: Int
    /// The most tokens that a step of a lane feeds, at least 1; but every sequence that
    /// is being continued feeds one. nil: more where the processor's cache does not hold
    /// the weights, or its size is not known.
    public var rowsPerStep: Int?
    /// Bytes of keys and values that a lane may hold; fewer slots are used
    /// where `slotsPerLane` would need more. At least one slot is used.
    public var cacheBytesPerLane: Int
    /// Whether common beginnings of prompts are computed once.
    public var sharesPrefixes: Bool

    public init(
      lanes: Int = Lanes.standardCount, slotsPerLane: Int = 48, rowsPerStep: Int? = nil,
      cacheBytesPerLane: Int = 2 << 30, sharesPrefixes: Bool = true
    ) {
      self.lanes = lanes
      self.slotsPerLane = slotsPerLane
      self.rowsPerStep = rowsPerStep
      self.cacheBytesPerLane = cacheBytesPerLane
      self.sharesPrefixes = sharesPrefixes
    }
  }

  public let model: Model
  public let tokenizer: Tokenizer
  public let identity: String
  public let options: Options
  /// Ends calls early; nil when nothing can.
  private let cancellation: Cancellation?
  /// Locked for the length of a call.
  private let lanes: Mutex<[Lane]>

  /// `identity` names the weights and the tokenizer: equal identities have to
  /// mean equal results. A call ended through `cancellation` throws `Cancelled`.
  public init(
    model: Model, tokenizer: Tokenizer, identity: String, options: Options = Options(),
    cancellation: Cancellation? = nil
  ) {
    precondition(
      options.lanes > 0 && options.slotsPerLane > 0 && options.rowsPerStep ?? 1 > 0,
      "LocalEngine needs at least one lane, slot and row: \(options)")
    precondition(model.head == .languageModel, "LocalEngine needs a language-model head")
    self.model = model
    self.tokenizer = tokenizer
    self.identity = identity
    self.options = options
    self.cancellation = cancellation
    lanes = Mutex(
      (0..<options.lanes).map { number in
        Lane(
          model, number: number, teamSize: options.lanes,
          sharesPrefixes: options.sharesPrefixes)
      })
  }

  /// An engine for a checkpoint, named by the hashes of its weights and of its
  /// tokenizer, and by its precision.
  public convenience init(
    _ checkpoint: Checkpoint, options: Options = Options(), cancellation: Cancellation? = nil
  ) {
    self.init(
      model: checkpoint.model, tokenizer: checkpoint.tokenizer,
      identity: "\(checkpoint.weightsHash)-\(checkpoint.tokenizer.hash)"
        + "-\(checkpoint.model.precision.rawValue)",
      options: options,
      cancellation: cancellation)
  }

  /// Rows that the last call computed, prompts and new tokens together; fewer
  /// than there are tokens where beginnings were shared.
  var rowsOfLastCall: Int { lanes.withLock { $0.reduce(0) { $0 + $1.rowsFed } } }

  public var contextLength: Int { model.configuration.maximumPositions }

  public func generate(
    _ requests: [GenerationRequest], progress: EngineProgress?
  ) throws -> [Generation] {
    for (index, request) in requests.enumerated() { try check(request, index) }
    var results = requests.map { _ in
      Generation(tokens: [], logProbabilities: [], finish: .length)
    }
    let limits = requests.map { min($0.maximumNewTokens, contextLength - $0.prompt.count) }
    let items = requests.indices.filter { limits[$0] > 0 }.map { index in
      WorkItem(
        index: index, cost: requests[index].prompt.count + limits[index],
        length: requests[index].prompt.count + limits[index],
        tokens: requests[index].prompt,
        sharedPrefixLength: requests[index].sharedPrefixLength)
    }
    let finished = try run(items, progress: progress, generates: true) { index in
      GenerationJob(
        index: index, request: requests[index], limit: limits[index],
        stop: StopStrings(requests[index].stopStrings, tokenizer: self.tokenizer))
    } result: {
      $0.generation
    }
    for (index, generation) in finished { results[index] = generation }
    return results
  }

  public func scoreChoices(
    _ requests: [ChoiceRequest], progress: EngineProgress?
  ) throws -> [[Float]] {
    for (index, request) in requests.enumerated() { try check(request, index) }
    var results = requests.map { _ in [Float]() }
    let items = requests.indices.filter { !requests[$0].choices.isEmpty }.map { index in
      let request = requests[index]
      return WorkItem(
        index: index,
        cost: request.prompt.count + request.choices.reduce(0) { $0 + $1.count - 1 },
        length: request.prompt.count + (request.choices.map(\.count).max() ?? 0),
        tokens: request.prompt, sharedPrefixLength: request.sharedPrefixLength)
    }
    let finished = try run(items, progress: progress, generates: false) { index in
      ChoiceJob(index: index, request: requests[index])
    } result: {
      $0.scores
    }
    for (index, scores) in finished { results[index] = scores }
    return results
  }

  /// The natural log-probability, at temperature 1, of each token of each
  /// sequence after the tokens before it: result `[s][i]` is that of
  /// `sequences[s][i + 1]`, so a sequence's result has one number less than the
  /// sequence has tokens. Throws before any compute if a sequence is not valid.
  public func tokenLogProbabilities(
    _ sequences: [[Int32]], progress: EngineProgress? = nil
  ) throws -> [[Float]] {
    for (index, sequence) in sequences.enumerated() {
      try check(tokens: sequence, index, "sequence")
      try check(length: sequence.count, index, "sequence")
    }
    var results = sequences.map { _ in [Float]() }
    let items = sequences.indices.filter { sequences[$0].count > 1 }.map { index in
      WorkItem(
        index: index, cost: sequences[index].count, length: sequences[index].count,
        tokens: sequences[index], sharedPrefixLength: 0)
    }
    let finished = try run(items, progress: progress, generates: false) { index in
      SequenceJob(index: index, sequence: sequences[index])
    } result: {
      $0.logProbabilities
    }
    for (index, values) in finished { results[index] = values }
    return results
  }

  /// Runs one job per item over the lanes; results with their items' indices,
  /// in no particular order.
  private func run<J: Job, Result: Sendable>(
    _ items: [WorkItem], progress: EngineProgress?, generates: Bool,
    make: @Sendable (Int) -> J, result: @Sendable (J) -> Result
  ) throws -> [(Int, Result)] {
    let meter = ProgressMeter(progress)
    let finished = Mutex<[(Int, Result)]>([])
    if !items.isEmpty {
      let queue = WorkQueue(items, lanes: options.lanes)
      let layout = SlotLayout(
        lengths: items.map(\.length), model: model, options: options, rereads: generates,
        processorCache: ProcessorCache.lastLevelByteCount)
      try lanes.withLock { lanes in
        for lane in lanes {
          lane.prepare(layout, bytes: options.cacheBytesPerLane)
        }
        let working = lanes
        let teams = lanes.map { _ in LaneTeam() }
        let weights = model.packedWeights(lanes: options.lanes)
        if options.sharesPrefixes, let beginning = queue.commonBeginning {
          try read(beginning: beginning, weights, working)
        }
        try Lanes.run(working.count) { number in
          do {
            defer { teams[number].dismiss() }
            try working[number].run(
              queue, weights, teams[number], slots: layout.slots, cancellation: cancellation,
              make: make,
              finish: { job in
                finished.withLock { $0.append((job.index, result(job))) }
              },
              stepped: { done, read in
                meter.add(done: done, newTokens: generates ? read : 0)
              })
          } catch {
            queue.abort()
            throw error
          }
          // A lane without work helps those that have some with their steps.
          while let team = teams.filter({ !$0.isOver }).min(by: { $0.count < $1.count }) {
            team.help()
          }
        }
      }
    }
    meter.finish()
    return finished.withLock { $0 }
  }

  /// Has all lanes read, together, what the first requests of each begin with, where
  /// that saves each enough rows.
  private func read(
    beginning: ArraySlice<Int32>, _ weights: PackedWeights, _ lanes: [Lane]
  ) throws {
    guard beginning.count - beginning.count / lanes.count >= Lane.worthWaiting else { return }
    let team = LaneTeam()
    try Lanes.run(lanes.count) { number in
      guard number == 0 else { return team.help() }
      defer { team.dismiss() }
      team.gather(lanes.count)
      try lanes[0].read(beginning: beginning, weights, team, cancellation: cancellation)
    }
    for lane in lanes.dropFirst() { lane.takeBeginning(of: lanes[0]) }
  }
}
