import Kernels
import Transformer

/// How many sequences a lane works on at once, and how long they may become:
/// speed and memory, never results.
struct SlotLayout: Equatable {
  /// Sequences of a lane.
  let slots: Int
  /// Positions of a slot.
  let capacity: Int

  /// Below this many rows, reading the weights costs a step more than what it
  /// gains from keys and values near by.
  private static let fewestSlots = 6

  /// Spreads requests evenly where there are few, and stays within the memory that
  /// one lane may hold.
  /// - Parameters:
  ///   - lengths: the most tokens of each request, at least one.
  ///   - rereads: whether most steps read all keys and values again, as those of
  ///     generation do.
  ///   - processorCache: bytes that all lanes share; nil if not known.
  init(
    lengths: [Int], model: Model, options: LocalEngine.Options, rereads: Bool,
    processorCache: Int?
  ) {
    func byteCount(_ capacity: Int) -> Int {
      KeyValueCache.slotByteCount(
        model.configuration, capacity: capacity, precision: model.precision)
    }
    let quantum = 64
    capacity = min(
      model.configuration.maximumPositions,
      ((lengths.max() ?? 1) + quantum - 1) / quantum * quantum)
    let share = (lengths.count + options.lanes - 1) / options.lanes
    let affordable = max(1, options.cacheBytesPerLane / byteCount(capacity))
    let most = min(options.slotsPerLane, share, affordable)
    guard rereads, let processorCache else {
      slots = most
      return
    }
    // What a step reads comes from the processor's cache if all of it fits.
    let weights = model.layout.count * model.precision.byteCount
    let average = lengths.reduce(0, +) / max(1, lengths.count)
    let near = max(0, processorCache - weights) / options.lanes / byteCount(average)
    guard near >= Self.fewestSlots else {
      slots = most
      return
    }
    // In turns of equal size: a last one of few sequences would be a slow one.
    let turns = max(1, (share + near / 2) / near)
    slots = min(most, (share + turns - 1) / turns)
  }
}
