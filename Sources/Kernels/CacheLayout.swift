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
  /// Words of a panel.
  var keyPanel: Int { panelWidth * keyDepth }
  var valuePanel: Int { panelWidth * rows(capacity) }

  /// Rows of a panel of keys.
  private var keyDepth: Int {
    precision == .float32 ? headDimension : (headDimension + 1) / 2
  }
  /// Rows of a panel of values that hold `positions`.
  private func rows(_ positions: Int) -> Int {
    precision == .float32 ? positions : (positions + 1) / 2
  }

  /// Writes keys and values of some heads, at positions from `first` on. `key`,
  /// `value`: those of the first head, `[rows, heads · D]`, rows `rowStride` apart.
  /// Positions come in rising order, and those of one head from one thread:
  /// neighbours may share words.
  public func store(
    key: ConstFloatPointer, value: ConstFloatPointer, rows: Int, rowStride: Int,
    heads: Range<Int>, first: Int, keys: FloatPointer, values: FloatPointer
  ) {
    for (index, head) in heads.enumerated() {
      let keys = keys + head * keysPerHead
      let values = values + head * valuesPerHead
      var row = 0
      while row < rows {
        let position = first + row
        let source = row * rowStride + index * headDimension
        // As many as a panel of keys has room for; its later positions, and the
        // other half of the last value's words, are not there yet.
        let count = min(rows - row, panelWidth - position % panelWidth)
        if position % panelWidth == 0, count > 1 {
          storePanel(
            key + source, value + source, rows: count, rowStride: rowStride,
            position: position, keys, values)
          row += count
        } else {
          storeOne(key + source, value + source, position: position, keys, values)
          row += 1
        }
      }
    }
  }

  /// Up to a panel of positions, from the panel's first on.
  private func storePanel(
    _ key: ConstFloatPointer, _ value: ConstFloatPointer, rows: Int, rowStride: Int,
    position: Int, _ keys: FloatPointer, _ values: FloatPointer
  ) {
    packPanels(
      pairs(keys + position * keyDepth), key, stride: rowStride, rows: rows,
      width: headDimension, precision)
    // Positions begin a panel of keys, so also a pair.
    packColumns(
      pairs(values + self.rows(position) * panelWidth), block: valuePanel, value,
      stride: rowStride, rows: rows, width: headDimension, precision)
  }

  /// One position.
  private func storeOne(
    _ key: ConstFloatPointer, _ value: ConstFloatPointer, position: Int,
    _ keys: FloatPointer, _ values: FloatPointer
  ) {
    let keyTarget =
      keys + position / panelWidth * panelWidth * keyDepth + position % panelWidth
    switch precision {
    case .float32:
      for d in 0..<headDimension { keyTarget[d &* panelWidth] = key[d] }
      for d in stride(from: 0, to: headDimension, by: panelWidth) {
        (values + d * capacity + position * panelWidth).update(
          from: value + d, count: min(panelWidth, headDimension - d))
      }
    case .bfloat16:
      solon_store_rounded(
        pairs(keyTarget), panelWidth, pairs(values), valuePanel, position, key, value,
        headDimension)
    }
  }

  /// Has the values of one head's positions `0..<length` brought near, or its keys.
  func prefetchValues(_ values: ConstFloatPointer, head: Int, length: Int) {
    for panel in stride(from: 0, to: valuesPerHead, by: valuePanel) {
      solon_prefetch(values + head * valuesPerHead + panel, valueBytes(length))
    }
  }

  func prefetchKeys(_ keys: ConstFloatPointer, head: Int, length: Int) {
    solon_prefetch(keys + head * keysPerHead, keyBytes(length))
  }

  /// Adds the keys, and then the values, of one sequence's positions `0..<length`.
  public func add(
    to ahead: ReadAhead, keys: ConstFloatPointer, values: ConstFloatPointer, length: Int
  ) {
    ahead.add(keys, bytes: keyBytes(length), stride: keysPerHead, segments: keyValueHeads)
    ahead.add(
      values, bytes: valueBytes(length), stride: valuePanel, segments: valueCount / valuePanel)
  }

  /// Bytes of one head's keys of `length` positions, and of a panel of its values.
  private func keyBytes(_ length: Int) -> Int {
    roundUp(length, to: panelWidth) * keyDepth * MemoryLayout<Float>.stride
  }

  private func valueBytes(_ length: Int) -> Int {
    rows(length) * panelWidth * MemoryLayout<Float>.stride
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
