public import Kernels

/// Keys and values of the tokens already seen, for a fixed number of slots; a
/// slot holds one sequence of up to `capacity` tokens. One lane owns one.
/// A slot needs no clearing: what lies beyond a row's position is never read.
///
/// `@unchecked Sendable`: it may move to the lane's thread, and only one lane
/// uses it at a time.
public final class KeyValueCache: @unchecked Sendable {
  public let slots: Int
  /// Most tokens a slot holds.
  public let capacity: Int
  let configuration: ModelConfiguration
  let layout: CacheLayout
  /// `[layers, slots]` blocks of `layout`, rotated.
  private let keys: FloatBuffer
  /// `[layers, slots]` blocks of `layout`.
  private let values: FloatBuffer

  public init(
    _ configuration: ModelConfiguration, slots: Int, capacity: Int,
    precision: Precision = .float32
  ) {
    precondition(
      capacity <= configuration.maximumPositions,
      "a capacity of \(capacity) exceeds \(configuration.maximumPositions) positions")
    self.configuration = configuration
    self.slots = slots
    self.capacity = capacity
    layout = CacheLayout(configuration, capacity: capacity, precision: precision)
    let blocks = configuration.layerCount * slots
    keys = FloatBuffer(count: blocks * layout.keyCount)
    values = FloatBuffer(count: blocks * layout.valueCount)
  }

  /// Copies the first `length` tokens of one slot to another, in every layer. `other`:
  /// the cache that has the first slot, of the same layout; default: this one.
  public func copyPrefix(
    from source: Int, of other: KeyValueCache? = nil, to target: Int, length: Int
  ) {
    let other = other ?? self
    precondition(
      (0..<other.slots).contains(source) && (0..<slots).contains(target)
        && (0...capacity).contains(length) && other.configuration == configuration
        && other.layout == layout,
      "copyPrefix(from: \(source), to: \(target), length: \(length)) leaves the cache"
        + " or is from one of another layout")
    guard source != target || other !== self else { return }
    for layer in 0..<configuration.layerCount {
      layout.copyKeys(keys(layer, target), other.keys(layer, source), length: length)
      layout.copyValues(values(layer, target), other.values(layer, source), length: length)
    }
  }

  /// Bytes that one slot takes.
  public static func slotByteCount(
    _ configuration: ModelConfiguration, capacity: Int, precision: Precision
  ) -> Int {
    let layout = CacheLayout(configuration, capacity: capacity, precision: precision)
    return configuration.layerCount * (layout.keyCount + layout.valueCount)
      * MemoryLayout<Float>.stride
  }

  /// Bytes allocated.
  public var byteCount: Int { (keys.count + values.count) * MemoryLayout<Float>.stride }

  /// One slot's keys in one layer.
  func keys(_ layer: Int, _ slot: Int) -> FloatPointer {
    keys.pointer + (layer * slots + slot) * layout.keyCount
  }
  /// One slot's values in one layer.
  func values(_ layer: Int, _ slot: Int) -> FloatPointer {
    values.pointer + (layer * slots + slot) * layout.valueCount
  }
}

extension CacheLayout {
  fileprivate init(_ c: ModelConfiguration, capacity: Int, precision: Precision) {
    self.init(
      keyValueHeads: c.keyValueHeadCount, headDimension: c.headDimension, capacity: capacity,
      precision: precision)
  }
}
