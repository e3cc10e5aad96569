import Testing

@testable import Kernels

@Suite struct CachedAttentionTests {
  /// Groups of one, two and three queries; head dimensions that are and are not
  /// whole vectors; lengths around one and two blocks of keys.
  static let shapes = [
    Naive.AttentionShape(offsets: [0, 1], heads: 1, keyValueHeads: 1, dimension: 2),
    Naive.AttentionShape(offsets: [0, 35], heads: 4, keyValueHeads: 2, dimension: 8),
    Naive.AttentionShape(offsets: [0, 33], heads: 3, keyValueHeads: 3, dimension: 34),
    Naive.AttentionShape(offsets: [0, 49], heads: 8, keyValueHeads: 4, dimension: 32),
    Naive.AttentionShape(offsets: [0, 67], heads: 6, keyValueHeads: 6, dimension: 32),
    Naive.AttentionShape(offsets: [0, 37], heads: 26, keyValueHeads: 2, dimension: 16),
    Naive.AttentionShape(offsets: [0, 70], heads: 9, keyValueHeads: 3, dimension: 64),
  ]

  /// A cache that held other things before, filled with a shape's keys and
  /// values; the capacity is not a multiple of a block.
  private final class Cache {
    let layout: CacheLayout
    let keys, values: FloatBuffer

    init(_ shape: Naive.AttentionShape, behind: Float, _ precision: Precision = .float32) {
      layout = CacheLayout(
        keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension,
        capacity: shape.rows + 5, precision: precision)
      keys = FloatBuffer(count: layout.keyCount)
      values = FloatBuffer(count: layout.valueCount)
      for buffer in [keys, values] {
        for i in 0..<buffer.count { buffer[i] = behind }
      }
    }

    /// Stores so many positions at a time, for all heads at once or head by head.
    func fill(
      _ k: [Float], _ v: [Float], _ shape: Naive.AttentionShape, piece: Int = 1,
      together: Bool = true
    ) {
      for heads in CachedAttentionTests.parts(shape, together: together) {
        for t in stride(from: 0, to: shape.rows, by: piece) {
          let start = t * shape.keyWidth + heads.lowerBound * shape.dimension
          layout.store(
            key: Array(k[start...]), value: Array(v[start...]),
            rows: min(piece, shape.rows - t), rowStride: shape.keyWidth, heads: heads, first: t,
            keys: keys.pointer, values: values.pointer)
        }
      }
    }
  }

  /// All key/value heads at once, or one by one.
  private static func parts(
    _ shape: Naive.AttentionShape, together: Bool
  ) -> [Range<Int>] {
    together ? [0..<shape.keyValueHeads] : (0..<shape.keyValueHeads).map { $0..<$0 + 1 }
  }

  /// Rows of queries, the last of which sees `length` positions.
  private func step(
    _ cache: Cache, _ q: [Float], _ shape: Naive.AttentionShape, length: Int,
    together: Bool = true
  ) -> [Float] {
    let rows = q.count / shape.queryWidth
    var scratch = [Float](
      repeating: .nan,
      count: cachedAttentionScratchCount(length: length, headDimension: shape.dimension))
    var out = [Float](repeating: .nan, count: q.count)
    for heads in Self.parts(shape, together: together) {
      let share = shape.heads / shape.keyValueHeads
      let column = heads.lowerBound * share * shape.dimension
      out.withUnsafeMutableBufferPointer { out in
        q.withUnsafeBufferPointer { q in
          cachedAttention(
            out.baseAddress! + column, outStride: shape.queryWidth, q.baseAddress! + column,
            rowStride: shape.queryWidth, rows: rows, first: length - rows,
            keyValueHeads: heads, share: share, keys: cache.keys.pointer,
            values: cache.values.pointer, layout: cache.layout, scratch: &scratch)
        }
      }
    }
    return out
  }

  /// A prompt read whole, in pieces or token by token has, bit by bit, the
  /// results of a training pass.
  @Test(arguments: shapes, Precision.allCases)
  func hasTheBitsOfAttention(shape: Naive.AttentionShape, precision: Precision) {
    let q = sample("q", shape.rows * shape.queryWidth)
    let k = sample("k", shape.rows * shape.keyWidth)
    let v = sample("v", shape.rows * shape.keyWidth)
    var expected = [Float](repeating: .nan, count: q.count)
    var lse = [Float](repeating: .nan, count: shape.rows * shape.heads)
    var scratch = [Float](
      repeating: .nan,
      count: AttentionScratch.scratchCount(
        maximumSequence: shape.rows, heads: shape.heads,
        keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension))
    attention(
      &expected, &lse, q, k, v, offsets: shape.offsets, heads: shape.heads,
      keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension,
      precision: precision, scratch: &scratch)
    for (piece, together) in [(1, true), (1, false), (5, true), (13, false), (shape.rows, true)] {
      let cache = Cache(shape, behind: .nan, precision)
      cache.fill(k, v, shape, piece: piece, together: together)
      var result: [Float] = []
      for start in stride(from: 0, to: shape.rows, by: piece) {
        let end = min(start + piece, shape.rows)
        result += step(
          cache, Array(q[(start * shape.queryWidth)..<(end * shape.queryWidth)]), shape,
          length: end, together: together)
      }
      #expect(bits(result) == bits(expected), "\(piece) rows at a time, together: \(together)")
    }
  }

  @Test(arguments: shapes)
  func matchesLoops(shape: Naive.AttentionShape) {
    let q = sample("q", shape.rows * shape.queryWidth)
    let k = sample("k", shape.rows * shape.keyWidth)
    let v = sample("v", shape.rows * shape.keyWidth)
    let expected = Naive.attention(wide(q), wide(k), wide(v), shape).out
    let cache = Cache(shape, behind: 0)
    cache.fill(k, v, shape)
    for t in 0..<shape.rows {
      let row = (t * shape.queryWidth)..<((t + 1) * shape.queryWidth)
      expectClose(
        step(cache, Array(q[row]), shape, length: t + 1), Array(expected[row]),
        tolerance: 1e-5, "position \(t)")
    }
  }

  /// What lies behind the length, and a copy to another place, change no bit.
  @Test(arguments: shapes, Precision.allCases)
  func dependsOnItsPositionsAlone(shape: Naive.AttentionShape, precision: Precision) {
    let q = sample("q", shape.queryWidth)
    let k = sample("k", shape.rows * shape.keyWidth)
    let v = sample("v", shape.rows * shape.keyWidth)
    let clean = Cache(shape, behind: 0, precision)
    let dirty = Cache(shape, behind: .nan, precision)
    let copy = Cache(shape, behind: .infinity, precision)
    clean.fill(k, v, shape)
    dirty.fill(k, v, shape)
    for length in Set([1, shape.rows / 2 + 1, shape.rows]) {
      copy.layout.copyKeys(copy.keys.pointer, dirty.keys.pointer, length: length)
      copy.layout.copyValues(copy.values.pointer, dirty.values.pointer, length: length)
      let expected = bits(step(clean, q, shape, length: length))
      #expect(bits(step(dirty, q, shape, length: length)) == expected)
      #expect(bits(step(copy, q, shape, length: length)) == expected)
    }
  }
}
