import Kernels
import Transformer

/// How many sequences a lane works on at once, how long they may become, and how many
/// of their tokens a step feeds: speed and memory, never results.
struct SlotLayout {
  /// Sequences of a lane.
  let slots: Int
  /// Positions of a slot.
  let capacity: Int
  /// The most tokens of a step, and the most of them whose logits are read; but every
  /// sequence that is being continued has one.
  let rowsPerStep, readingsPerStep: Int

  /// Below this many rows, reading the weights costs a step more than what it
  /// gains from keys and values near by.
  private static let fewestSlots = 6

  /// Tokens of a step where its weights stay in the processor's cache, and where every
  /// step reads them from memory, which more tokens then share.
  private static let (rowsOfNearWeights, rowsOfFarWeights) = (96, 384)

  /// Logits of one token are as long as the vocabulary, and most tokens of long steps
  /// need none.
  private static let mostReadings = 96

  /// Spreads requests evenly where there are few, and stays within the memory that
  /// one lane may hold.
  /// - Parameters:
  ///   - lengths: the most tokens of each request; neither empty nor with a zero.
  ///   - rereads: whether most steps read all keys and values again, as those of
  ///     generation do.
  ///   - processorCache: bytes that all lanes share; nil if not known.
  init(
    lengths: [Int], model: Model, options: LocalEngine.Options, rereads: Bool,
    processorCache: Int?
  ) {
    precondition(!lengths.isEmpty && lengths.allSatisfy { $0 > 0 }, "requests without tokens")
    func byteCount(_ capacity: Int) -> Int {
      KeyValueCache.slotByteCount(
        model.configuration, capacity: capacity, precision: model.precision)
    }
    let quantum = 64
    capacity = min(
      model.configuration.maximumPositions,
      (lengths.max()! + quantum - 1) / quantum * quantum)
    let share = (lengths.count + options.lanes - 1) / options.lanes
    let affordable = max(1, options.cacheBytesPerLane / byteCount(capacity))
    let most = min(options.slotsPerLane, share, affordable)
    // What a step reads comes from the processor's cache if all of it fits.
    let weights = model.layout.count * model.precision.byteCount
    let average = lengths.reduce(0, +) / lengths.count
    let room = (processorCache ?? 0) - weights
    let near = room / options.lanes / byteCount(average)
    if rereads, near >= Self.fewestSlots {
      // About as many as fit, so that the last sequences are not a few that have the
      // steps to themselves.
      let turns = max(1, min((share + near / 2) / near, share / Self.fewestSlots))
      slots = min(most, (share + turns - 1) / turns)
    } else {
      slots = most
    }
    rowsPerStep =
      options.rowsPerStep ?? (room >= 0 ? Self.rowsOfNearWeights : Self.rowsOfFarWeights)
    readingsPerStep = min(rowsPerStep, Self.mostReadings)
  }
}
