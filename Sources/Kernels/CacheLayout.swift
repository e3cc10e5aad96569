internal import CKernels

/// Where a cache for `cachedAttention` keeps a sequence's keys and values: each
/// key/value head apart, in the order and precision in which products read them.
///
/// Keys: panels of 32 positions, `[G, ⌈capacity/32⌉, D, 32]`, in bfloat16 of
/// pairs of neighbours in a key, `[G, ⌈capacity/32⌉, ⌈D/2⌉, 32]`. Values: panels
/// of 32 numbers of a value, `[G, ⌈D/32⌉, capacity, 32]`, in bfloat16 of pairs of
/// neighbouring positions, `[G, ⌈D/32⌉, capacity/2, 32]`.
public struct CacheLayout: Hashable, Sendable {
  public let keyValueHeads: Int
  public let headDimension: Int
  /// Most positions, a multiple of 32.
  public let capacity: Int
  public let precision: Precision

  /// A layout for `capacity` positions, rounded up to a multiple of 32.
  public init(
    keyValueHeads: Int, headDimension: Int, capacity: Int, precision: Precision = .float32
  ) {
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.capacity = roundUp(capacity, to: panelWidth)
    self.precision = precision
  }

  /// Words that the keys of all heads take, and their values.
  public var keyCount: Int { keyValueHeads * keysPerHead }
  public var valueCount: Int { keyValueHeads * valuesPerHead }

  var keysPerHead: Int { capacity * keyDepth }
  var valuesPerHead: Int { roundUp(headDimension, to: panelWidth) * rows(capacity) }

  /// Rows of a panel of keys.
  private var keyDepth: Int {
    precision == .float32 ? headDimension : (headDimension + 1) / 2
  }
  /// Rows of a panel of values that hold `positions`.
  private func rows(_ positions: Int) -> Int {
    precision == .float32 ? positions : (positions + 1) / 2
  }

  /// Writes one head's key and value, each `[D]`, of one position. Positions come
  /// in rising order, and those of one head from one thread: neighbours may share
  /// words.
  public func store(
    key: ConstFloatPointer, value: ConstFloatPointer, head: Int, position: Int,
    keys: FloatPointer, values: FloatPointer
  ) {
    let keyTarget =
      keys + head * keysPerHead + position / panelWidth * panelWidth * keyDepth
      + position % panelWidth
    let valueTarget = values + head * valuesPerHead
    switch precision {
    case .float32:
      for d in 0..<headDimension { keyTarget[d &* panelWidth] = key[d] }
      for d in stride(from: 0, to: headDimension, by: panelWidth) {
        (valueTarget + d * capacity + position * panelWidth).update(
          from: value + d, count: min(panelWidth, headDimension - d))
      }
    case .bfloat16:
      solon_store_rounded(
        pairs(keyTarget), panelWidth, pairs(valueTarget), capacity / 2 * panelWidth,
        position, key, value, headDimension)
    }
  }

  /// Copies positions `0..<length` of one sequence's keys to another's. Later
  /// positions of the last panel are overwritten.
  public func copyKeys(_ target: FloatPointer, _ source: ConstFloatPointer, length: Int) {
    let count = roundUp(length, to: panelWidth) * keyDepth
    for g in 0..<keyValueHeads {
      copyWords(target + g * keysPerHead, source + g * keysPerHead, count: count)
    }
  }

  /// The same of their values. A position that shares words with the last is
  /// overwritten.
  public func copyValues(_ target: FloatPointer, _ source: ConstFloatPointer, length: Int) {
    let panel = rows(capacity) * panelWidth
    for start in stride(from: 0, to: valueCount, by: panel) {
      copyWords(target + start, source + start, count: rows(length) * panelWidth)
    }
  }

  /// As words: what is no number must not be touched by moving it as one.
  private func copyWords(_ target: FloatPointer, _ source: ConstFloatPointer, count: Int) {
    UnsafeMutableRawPointer(target).copyMemory(
      from: source, byteCount: count * MemoryLayout<Float>.stride)
  }
}
