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

/// The float32 count that `cachedAttention` needs for up to `length` positions; a
/// multiple of 16.
public func cachedAttentionScratchCount(length: Int) -> Int {
  2 * roundUp(length, to: vectorWidth)
}

/// The queries of one row that read key/value head `keyValueHead` against
/// positions `0..<length` of a cache. `q`, `out`: `[heads · D]`; scores are
/// q·k/√D. The result depends, to the last bit, only on `q` and those positions.
/// `scratch`: `cachedAttentionScratchCount` numbers.
public func cachedAttention(
  _ out: FloatPointer, _ q: ConstFloatPointer, keys: ConstFloatPointer,
  values: ConstFloatPointer, layout: CacheLayout, keyValueHead: Int, length: Int,
  heads: Int, scratch: FloatPointer
) {
  precondition(length > 0 && length <= layout.capacity, "no such cached positions")
  let offset = keyValueHead * layout.capacity * layout.headDimension
  KernelMeter.count(.attention) {
    attendToCache(
      out, q, keys + offset, values + offset, dimension: layout.headDimension,
      length: length, heads: heads, scratch: scratch)
  }
}

private func attendToCache(
  _ out: FloatPointer, _ q: ConstFloatPointer, _ keys: ConstFloatPointer,
  _ values: ConstFloatPointer, dimension: Int, length: Int, heads: Int,
  scratch: FloatPointer
) {
  let scaling = 1 / Float(dimension).squareRoot()
  let padded = roundUp(length, to: vectorWidth)
  var head = 0
  // Two queries at a time share each load of a key or value.
  while head + 1 < heads {
    let (q, out) = (q + head * dimension, out + head * dimension)
    let weights = (scratch, scratch + padded)
    scorePair(weights, (q, q + dimension), keys, length: padded, dimension: dimension)
    let totals = (
      weigh(weights.0, length: length, scaling: scaling),
      weigh(weights.1, length: length, scaling: scaling)
    )
    blendPair(
      (out, out + dimension), weights, (1 / totals.0, 1 / totals.1), values,
      length: length, dimension: dimension)
    head += 2
  }
  if head < heads {
    scoreOne(scratch, q + head * dimension, keys, length: padded, dimension: dimension)
    let total = weigh(scratch, length: length, scaling: scaling)
    blendOne(
      out + head * dimension, scratch, 1 / total, values, length: length,
      dimension: dimension)
  }
}

// A query's result has the same bits alone and in a pair: both are one function,
// compiled once with its second half and once without.

@inline(never)
private func scorePair(
  _ scores: (FloatPointer, FloatPointer), _ q: (ConstFloatPointer, ConstFloatPointer),
  _ keys: ConstFloatPointer, length: Int, dimension: Int
) {
  score(scores, q, keys, length: length, dimension: dimension, isPair: true)
}

@inline(never)
private func scoreOne(
  _ scores: FloatPointer, _ q: ConstFloatPointer, _ keys: ConstFloatPointer, length: Int,
  dimension: Int
) {
  score((scores, scores), (q, q), keys, length: length, dimension: dimension, isPair: false)
}

/// scores[j] = q · key j, for both queries or the first; `length` is a multiple
/// of 16.
@inline(__always)
private func score(
  _ scores: (FloatPointer, FloatPointer), _ q: (ConstFloatPointer, ConstFloatPointer),
  _ keys: ConstFloatPointer, length: Int, dimension: Int, isPair: Bool
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
      a0 = a0.addingProduct(k0, a)
      a1 = a1.addingProduct(k1, a)
      if isPair {
        let b = Vector(repeating: q.1[d])
        b0 = b0.addingProduct(k0, b)
        b1 = b1.addingProduct(k1, b)
      }
    }
    store(a0, scores.0, j)
    store(a1, scores.0, j &+ vectorWidth)
    if isPair {
      store(b0, scores.1, j)
      store(b1, scores.1, j &+ vectorWidth)
    }
    keys += 2 &* blockSize
    j &+= 2 &* vectorWidth
  }
  if j < length {
    var a0 = Vector.zero
    var b0 = Vector.zero
    for d in 0..<dimension {
      let k0 = load(keys, d &* vectorWidth)
      a0 = a0.addingProduct(k0, Vector(repeating: q.0[d]))
      if isPair { b0 = b0.addingProduct(k0, Vector(repeating: q.1[d])) }
    }
    store(a0, scores.0, j)
    if isPair { store(b0, scores.1, j) }
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

@inline(never)
private func blendPair(
  _ result: (FloatPointer, FloatPointer), _ weights: (FloatPointer, FloatPointer),
  _ scale: (Float, Float), _ values: ConstFloatPointer, length: Int, dimension: Int
) {
  blend(result, weights, scale, values, length: length, dimension: dimension, isPair: true)
}

@inline(never)
private func blendOne(
  _ result: FloatPointer, _ weights: FloatPointer, _ scale: Float,
  _ values: ConstFloatPointer, length: Int, dimension: Int
) {
  blend(
    (result, result), (weights, weights), (scale, scale), values, length: length,
    dimension: dimension, isPair: false)
}

/// result = scale · Σ weights[j] · value j, for both queries or the first; even
/// and odd positions are summed apart.
@inline(__always)
private func blend(
  _ result: (FloatPointer, FloatPointer), _ weights: (FloatPointer, FloatPointer),
  _ scale: (Float, Float), _ values: ConstFloatPointer, length: Int, dimension: Int,
  isPair: Bool
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
      oddA = oddA.addingProduct(odd, Vector(repeating: weights.0[j &+ 1]))
      if isPair {
        evenB = evenB.addingProduct(even, Vector(repeating: weights.1[j]))
        oddB = oddB.addingProduct(odd, Vector(repeating: weights.1[j &+ 1]))
      }
      row += 2 &* dimension
      j &+= 2
    }
    if j < length {
      let even = load(row, 0)
      evenA = evenA.addingProduct(even, Vector(repeating: weights.0[j]))
      if isPair { evenB = evenB.addingProduct(even, Vector(repeating: weights.1[j])) }
    }
    store((evenA + oddA) * scale.0, result.0, d)
    if isPair { store((evenB + oddB) * scale.1, result.1, d) }
    d &+= vectorWidth
  }
  while d < dimension {
    var a: Float = 0
    var b: Float = 0
    for j in 0..<length {
      a = a.addingProduct(weights.0[j], values[j &* dimension &+ d])
      if isPair { b = b.addingProduct(weights.1[j], values[j &* dimension &+ d]) }
    }
    result.0[d] = a * scale.0
    if isPair { result.1[d] = b * scale.1 }
    d &+= 1
  }
}
