import Kernels
import Transformer

/// One thread's share of the engine: its caches, its scratch memory, and the
/// loop that keeps its slots busy.
///
/// Unchecked: the engine lets one call at a time use its lanes, and in a call
/// each lane is used by one thread; those that help it with a step are given
/// what they may touch.
final class Lane: @unchecked Sendable {
  private let configuration: ModelConfiguration
  private let precision: Precision
  private let number: Int
  /// Lanes that may share a step.
  private let teamSize: Int
  private let sharesPrefixes: Bool
  private let sampler: Sampler

  private var cache: KeyValueCache?
  private var workspace: InferenceWorkspace?
  /// Slots and positions of `cache`.
  private var slots = 0
  private var capacity = 0
  /// As in `SlotLayout`.
  private var (rowsPerStep, readingsPerStep) = (1, 1)
  /// The tokens whose keys and values a free slot still holds.
  private var held: [[Int32]] = []
  private var rows: [StepRow] = []
  /// Rows computed since `prepare`.
  private(set) var rowsFed = 0

  init(
    _ model: Model, number: Int, teamSize: Int, sharesPrefixes: Bool
  ) {
    configuration = model.configuration
    precision = model.precision
    self.number = number
    self.teamSize = teamSize
    self.sharesPrefixes = sharesPrefixes
    sampler = Sampler(vocabulary: model.configuration.vocabularySize)
  }

  /// Makes sure of the slots and positions of `layout`, keeping what is there
  /// if it is enough and else growing, as far as `bytes` allow, so that calls of
  /// different shapes settle on one cache. Forgets what the slots hold: the
  /// weights may have changed since.
  func prepare(_ layout: SlotLayout, bytes: Int) {
    (rowsPerStep, readingsPerStep) = (layout.rowsPerStep, layout.readingsPerStep)
    if cache == nil || layout.slots > slots || layout.capacity > capacity {
      let most = (max(layout.slots, slots), max(layout.capacity, capacity))
      let slotBytes = KeyValueCache.slotByteCount(
        configuration, capacity: most.1, precision: precision)
      let isAffordable = most.0 * slotBytes <= bytes
      (slots, capacity) = isAffordable ? most : (layout.slots, layout.capacity)
      cache = nil
      cache = KeyValueCache(
        configuration, slots: slots, capacity: capacity, precision: precision)
    }
    let rows = max(rowsPerStep, slots)
    let readings = max(readingsPerStep, slots)
    let isEnough = workspace.map {
      rows <= $0.maximumRows && readings <= $0.maximumLogitRows && capacity <= $0.capacity
    }
    if isEnough != true {
      workspace = nil
      workspace = InferenceWorkspace(
        configuration, precision: precision, maximumRows: rows, maximumLogitRows: readings,
        lanes: teamSize, capacity: cache?.capacity)
    }
    held = Array(repeating: [], count: slots)
    rowsFed = 0
  }

  /// A job in its slot.
  private struct Seat<J: Job> {
    var job: J
    var slot: Int
    /// The job in whose slot a prefix of this one's tokens is being computed,
    /// and that prefix's length: nothing is fed until then.
    var awaited: (seat: Int, length: Int)?
    /// Names the seat while others wait for it.
    var ticket: Int
    /// Rows fed in the step at hand.
    var fed = 0
  }

  /// Takes jobs from `queue` until it is empty and all are finished. At most
  /// `slots` run at once; `finish` gets each finished job, and `stepped` the
  /// numbers of jobs finished and of rows read in each step. Whoever helps `team`
  /// shares the steps. Throws an `InferenceError`, or `Cancelled`.
  func run<J: Job>(
    _ queue: WorkQueue, _ weights: PackedWeights, _ team: LaneTeam, slots limit: Int,
    cancellation: Cancellation?, make: (Int) -> J, finish: (J) -> Void,
    stepped: (_ finished: Int, _ read: Int) -> Void
  ) throws {
    guard let cache, let workspace else {
      preconditionFailure("Lane.run before Lane.prepare")
    }
    var seats: [Seat<J>] = []
    var free = Array(0..<min(limit, slots))
    var nextTicket = 0
    var trial = HelpTrial()

    while true {
      if queue.isAborted { return }
      try cancellation?.check()
      while !free.isEmpty, let index = queue.take(lane: number) {
        admit(make(index), ticket: nextTicket, to: &seats, free: &free, cache)
        nextTicket += 1
      }
      if seats.isEmpty { return }

      compose(&seats)
      trial.run(team, rows: rows.count) { [rows] in
        weights.step(rows, cache, workspace, $0)
      }
      rowsFed += rows.count

      var next = UnsafePointer(workspace.logits)
      var finished = 0
      var read = 0
      let width = configuration.vocabularySize
      for seat in seats.indices where seats[seat].fed > 0 {
        let job = seats[seat].job
        let fed = job.position..<(job.position + seats[seat].fed)
        let firstReading = job.firstReading
        job.position = fed.upperBound
        for position in fed where position >= firstReading {
          try job.read(Reading(logits: next, position: position, sampler: sampler))
          next += width
          read += 1
        }
      }
      endWaits(&seats, cache)
      seats.removeAll { seat in
        guard seat.job.isFinished else { return false }
        finish(seat.job)
        finished += 1
        held[seat.slot] = Array(seat.job.tokens[..<seat.job.position])
        free.append(seat.slot)
        return true
      }
      stepped(finished, read)
    }
  }

  /// Chooses the rows of the next step: the last token of every sequence that
  /// is being continued, then, up to the step's size, prompts in the order in
  /// which they came.
  private func compose<J: Job>(_ seats: inout [Seat<J>]) {
    var (room, readings) = (rowsPerStep, readingsPerStep)
    for seat in seats.indices {
      seats[seat].fed = seats[seat].awaited == nil && seats[seat].job.remaining == 1 ? 1 : 0
      room -= seats[seat].fed
      readings -= seats[seat].fed
    }
    for seat in seats.indices
    where seats[seat].awaited == nil && seats[seat].fed == 0 && room > 0 {
      let job = seats[seat].job
      let unread = max(0, job.firstReading - job.position)
      let fed = min(room, job.remaining, unread + max(0, readings))
      seats[seat].fed = fed
      room -= fed
      readings -= max(0, fed - unread)
    }
    rows.removeAll(keepingCapacity: true)
    for seat in seats where seat.fed > 0 {
      let job = seat.job
      let firstReading = job.firstReading
      job.tokens.withUnsafeBufferPointer { tokens in
        for position in job.position..<(job.position + seat.fed) {
          rows.append(
            StepRow(
              token: tokens[position], slot: seat.slot, position: position,
              wantsLogits: position >= firstReading))
        }
      }
    }
  }
}

// MARK: - Shared prefixes

extension Lane {
  /// A saving below this many rows is not worth a step of waiting.
  static var worthWaiting: Int { 16 }

  /// Seats a job in the free slot, and with the keys and values, that save it
  /// most: what is left in a free slot, what another job's slot holds, or what
  /// another job is about to compute.
  private func admit<J: Job>(
    _ job: J, ticket: Int, to seats: inout [Seat<J>], free: inout [Int],
    _ cache: KeyValueCache
  ) {
    // Positions whose logits are wanted have to be fed.
    let limit = sharesPrefixes ? min(job.firstReading, job.prefixLength) : 0
    var bestFree = 0
    var ready = 0
    var source: Int?
    var awaited: (seat: Int, length: Int)?
    if limit > 0 {
      for candidate in free.indices {
        let length = commonPrefix(job.tokens, held[free[candidate]], limit: limit)
        if length > ready { (ready, bestFree) = (length, candidate) }
      }
      for seat in seats {
        let length = commonPrefix(
          job.tokens, seat.job.tokens, limit: min(limit, seat.job.prefixLength))
        let fed = min(length, seat.job.position)
        if fed > ready { (ready, source) = (fed, seat.slot) }
        if length > awaited?.length ?? 0 { awaited = (seat.ticket, length) }
      }
    }
    if let wait = awaited, wait.length - ready < Self.worthWaiting { awaited = nil }
    // Slots are freed at the end of the list: the first has been free longest.
    if awaited != nil || source != nil { bestFree = 0 }
    let slot = free.remove(at: bestFree)
    held[slot] = []
    if awaited == nil {
      if let source { cache.copyPrefix(from: source, to: slot, length: ready) }
      job.position = ready
    }
    seats.append(Seat(job: job, slot: slot, awaited: awaited, ticket: ticket))
  }

  /// Reads what requests of all lanes begin with, sharing the steps with whoever helps
  /// `team`: once for all lanes, where each would else read it for itself. Its few steps
  /// are too few to find out by the clock whether help is faster (`HelpTrial`).
  func read(
    beginning: ArraySlice<Int32>, _ weights: PackedWeights, _ team: LaneTeam,
    cancellation: Cancellation?
  ) throws {
    guard let cache, let workspace else {
      preconditionFailure("Lane.read before Lane.prepare")
    }
    let tokens = Array(beginning)
    for start in stride(from: 0, to: tokens.count, by: rowsPerStep) {
      try cancellation?.check()
      let rows = (start..<min(start + rowsPerStep, tokens.count)).map {
        StepRow(token: tokens[$0], slot: 0, position: $0, wantsLogits: false)
      }
      team.run { weights.step(rows, cache, workspace, $0) }
      rowsFed += rows.count
    }
    held[0] = tokens
  }

  /// Takes over what another lane has read.
  func takeBeginning(of other: Lane) {
    guard let cache, let source = other.cache else {
      preconditionFailure("Lane.takeBeginning before Lane.prepare")
    }
    held[0] = other.held[0]
    cache.copyPrefix(from: 0, of: source, to: 0, length: held[0].count)
  }

  /// Copies what has been computed to those who wait for it.
  private func endWaits<J: Job>(_ seats: inout [Seat<J>], _ cache: KeyValueCache) {
    for seat in seats.indices {
      guard let wait = seats[seat].awaited,
        let source = seats.first(where: { $0.ticket == wait.seat }),
        source.awaited == nil, source.job.position >= wait.length
      else { continue }
      cache.copyPrefix(from: source.slot, to: seats[seat].slot, length: wait.length)
      seats[seat].job.position = wait.length
      seats[seat].awaited = nil
    }
  }
}

/// How many leading tokens, at most `limit`, two sequences have in common.
func commonPrefix(_ a: [Int32], _ b: [Int32], limit: Int) -> Int {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      let end = min(limit, min(a.count, b.count))
      var length = 0
      while length < end, a[length] == b[length] { length += 1 }
      return length
    }
  }
}
