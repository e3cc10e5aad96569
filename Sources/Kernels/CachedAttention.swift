/// Where a cache for `cachedAttention` keeps a sequence's keys and values: each
/// key/value head apart, so that the heads' queries find theirs together, and
/// sixteen keys side by side, so that scores need no sums across a vector.
///
/// Keys: `[G, ⌈capacity / 16⌉, D, 16]`. Values: `[G, capacity, D]`.
public struct CacheLayout: Hashable, Sendable {
  public let keyValueHeads: Int
  public let headDimension: Int
  /// Most positions, a multiple of 16.
  public let capacity: Int

  /// A layout for `capacity` positions, rounded up to a multiple of 16.
  public init(keyValueHeads: Int, headDimension: Int, capacity: Int) {
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.capacity = roundUp(capacity, to: vectorWidth)
  }

  /// Numbers that the keys take, and that the values take.
  public var count: Int { keyValueHeads * headDimension * capacity }

  /// Writes one position's key and value, each `[G·D]`.
  public func store(
    key: ConstFloatPointer, value: ConstFloatPointer, position: Int,
    keys: FloatPointer, values: FloatPointer
  ) {
    let block = position / vectorWidth * vectorWidth * headDimension
    for g in 0..<keyValueHeads {
      let head = g * capacity * headDimension
      let target = keys + head + block + position % vectorWidth
      for d in 0..<headDimension {
        target[d &* vectorWidth] = key[g &* headDimension &+ d]
      }
      (values + head + position * headDimension).update(
        from: value + g * headDimension, count: headDimension)
    }
  }

  /// Copies positions `0..<length` of one sequence's keys, or values, to
  /// another's. Later positions of the last block of keys are overwritten.
  public func copyKeys(_ target: FloatPointer, _ source: ConstFloatPointer, length: Int) {
    copyHeads(target, source, positions: roundUp(length, to: vectorWidth))
  }

  public func copyValues(_ target: FloatPointer, _ source: ConstFloatPointer, length: Int) {
    copyHeads(target, source, positions: length)
  }

  private func copyHeads(_ target: FloatPointer, _ source: ConstFloatPointer, positions: Int) {
    for g in 0..<keyValueHeads {
      let head = g * capacity * headDimension
      (target + head).update(from: source + head, count: positions * headDimension)
    }
  }
}

/// One query row against positions `0..<length` of a cache. `q`, `out`:
/// `[H·D]`; query head h reads key/value head h / (H/G); scores are q·k/√D. The
/// result depends, to the last bit, only on `q` and those positions. `scratch`:
/// `AttentionScratch.scratchCount` numbers for at least `length` positions.
public func cachedAttention(
  _ out: FloatPointer, _ q: ConstFloatPointer, keys: ConstFloatPointer,
  values: ConstFloatPointer, layout: CacheLayout, length: Int, heads: Int,
  scratch: FloatPointer
) {
  precondition(length > 0 && length <= layout.capacity, "no such cached positions")
  KernelMeter.count(.attention) {
    attendToCache(
      out, q, keys, values, layout: layout, length: length, heads: heads, scratch: scratch)
  }
}

private func attendToCache(
  _ out: FloatPointer, _ q: ConstFloatPointer, _ keys: ConstFloatPointer,
  _ values: ConstFloatPointer, layout: CacheLayout, length: Int, heads: Int,
  scratch: FloatPointer
) {
  let dimension = layout.headDimension
  let share = heads / layout.keyValueHeads
  let scaling = 1 / Float(dimension).squareRoot()
  let padded = roundUp(length, to: vectorWidth)
  for g in 0..<layout.keyValueHeads {
    let keys = keys + g * layout.capacity * dimension
    let values = values + g * layout.capacity * dimension
    // Queries in pairs; an odd one out is paired with itself.
    for first in stride(from: g * share, to: (g + 1) * share, by: 2) {
      let second = min(first + 1, (g + 1) * share - 1)
      let pair = (scratch, second == first ? scratch : scratch + padded)
      score(
        pair, (q + first * dimension, q + second * dimension), keys, length: padded,
        dimension: dimension)
      let firstTotal = weigh(pair.0, length: length, scaling: scaling)
      let secondTotal =
        second == first ? firstTotal : weigh(pair.1, length: length, scaling: scaling)
      blend(
        (out + first * dimension, out + second * dimension), pair,
        (1 / firstTotal, 1 / secondTotal), values, length: length, dimension: dimension)
    }
  }
}

/// scores[j] = q · key j, for both queries; `length` is a multiple of 16.
@inline(never)
private func score(
  _ scores: (FloatPointer, FloatPointer), _ q: (ConstFloatPointer, ConstFloatPointer),
  _ keys: ConstFloatPointer, length: Int, dimension: Int
) {
  let blockSize = vectorWidth &* dimension
  var keys = keys
  var j = 0
  while j &+ 2 &* vectorWidth <= length {
    var a0 = Vector.zero
    var a1 = Vector.zero
    var b0 = Vector.zero
    var b1 = Vector.zero
    for d in 0..<dimension {
      let k0 = load(keys, d &* vectorWidth)
      let k1 = load(keys, blockSize &+ d &* vectorWidth)
      let a = Vector(repeating: q.0[d])
      let b = Vector(repeating: q.1[d])
      a0 = a0.addingProduct(k0, a)
      a1 = a1.addingProduct(k1, a)
      b0 = b0.addingProduct(k0, b)
      b1 = b1.addingProduct(k1, b)
    }
    store(a0, scores.0, j)
    store(a1, scores.0, j &+ vectorWidth)
    store(b0, scores.1, j)
    store(b1, scores.1, j &+ vectorWidth)
    keys += 2 &* blockSize
    j &+= 2 &* vectorWidth
  }
  if j < length {
    var a0 = Vector.zero
    var b0 = Vector.zero
    for d in 0..<dimension {
      let k0 = load(keys, d &* vectorWidth)
      a0 = a0.addingProduct(k0, Vector(repeating: q.0[d]))
      b0 = b0.addingProduct(k0, Vector(repeating: q.1[d]))
    }
    store(a0, scores.0, j)
    store(b0, scores.1, j)
  }
}

/// Turns scores into weights that are not yet divided by their sum, and
/// returns that sum. What lies behind `length` gets the weight 0.
private func weigh(_ scores: FloatPointer, length: Int, scaling: Float) -> Float {
  let padded = roundUp(length, to: vectorWidth)
  (scores + length).update(repeating: -.infinity, count: padded - length)
  let top = maximum(scores, count: padded)
  return exponentials(scores, scores, minus: top, scaling: scaling, count: padded)
}

/// result = scale · Σ weights[j] · value j, for both queries; even and odd
/// positions are summed apart.
@inline(never)
private func blend(
  _ result: (FloatPointer, FloatPointer), _ weights: (FloatPointer, FloatPointer),
  _ scale: (Float, Float), _ values: ConstFloatPointer, length: Int, dimension: Int
) {
  var d = 0
  while d &+ vectorWidth <= dimension {
    var evenA = Vector.zero
    var oddA = Vector.zero
    var evenB = Vector.zero
    var oddB = Vector.zero
    var row = values + d
    var j = 0
    while j &+ 2 <= length {
      let even = load(row, 0)
      let odd = load(row, dimension)
      evenA = evenA.addingProduct(even, Vector(repeating: weights.0[j]))
      evenB = evenB.addingProduct(even, Vector(repeating: weights.1[j]))
      oddA = oddA.addingProduct(odd, Vector(repeating: weights.0[j &+ 1]))
      oddB = oddB.addingProduct(odd, Vector(repeating: weights.1[j &+ 1]))
      row += 2 &* dimension
      j &+= 2
    }
    if j < length {
      let even = load(row, 0)
      evenA = evenA.addingProduct(even, Vector(repeating: weights.0[j]))
      evenB = evenB.addingProduct(even, Vector(repeating: weights.1[j]))
    }
    store((evenA + oddA) * scale.0, result.0, d)
    store((evenB + oddB) * scale.1, result.1, d)
    d &+= vectorWidth
  }
  while d < dimension {
    var a: Float = 0
    var b: Float = 0
    for j in 0..<length {
      a = a.addingProduct(weights.0[j], values[j &* dimension &+ d])
      b = b.addingProduct(weights.1[j], values[j &* dimension &+ d])
    }
    result.0[d] = a * scale.0
    result.1[d] = b * scale.1
    d &+= 1
  }
}
