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
    Naive.AttentionShape(offsets: [0, 70], heads: 9, keyValueHeads: 3, dimension: 64),
  ]

  /// A cache that held other things before, filled with a shape's keys and
  /// values; the capacity is not a multiple of a block.
  private final class Cache {
    let layout: CacheLayout
    let keys, values: FloatBuffer

    init(_ shape: Naive.AttentionShape, behind: Float) {
      layout = CacheLayout(
        keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension,
        capacity: shape.rows + 5)
      keys = FloatBuffer(count: layout.count)
      values = FloatBuffer(count: layout.count)
      for i in 0..<layout.count {
        keys[i] = behind
        values[i] = behind
      }
    }

    func fill(_ k: [Float], _ v: [Float], _ shape: Naive.AttentionShape) {
      for t in 0..<shape.rows {
        layout.store(
          key: Array(k[(t * shape.keyWidth)...]), value: Array(v[(t * shape.keyWidth)...]),
          position: t, keys: keys.pointer, values: values.pointer)
      }
    }
  }

  private func step(
    _ cache: Cache, _ q: [Float], _ shape: Naive.AttentionShape, length: Int
  ) -> [Float] {
    var scratch = [Float](
      repeating: .nan, count: cachedAttentionScratchCount(length: length))
    let out = FloatBuffer(count: shape.queryWidth)
    let share = shape.heads / shape.keyValueHeads
    for group in 0..<shape.keyValueHeads {
      let start = group * share * shape.dimension
      cachedAttention(
        out.pointer + start, Array(q[start...]), keys: cache.keys.pointer,
        values: cache.values.pointer, layout: cache.layout, keyValueHead: group,
        length: length, heads: share, scratch: &scratch)
    }
    return (0..<out.count).map { out[$0] }
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
  @Test(arguments: shapes)
  func dependsOnItsPositionsAlone(shape: Naive.AttentionShape) {
    let q = sample("q", shape.queryWidth)
    let k = sample("k", shape.rows * shape.keyWidth)
    let v = sample("v", shape.rows * shape.keyWidth)
    let clean = Cache(shape, behind: 0)
    let dirty = Cache(shape, behind: .nan)
    let copy = Cache(shape, behind: .infinity)
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
