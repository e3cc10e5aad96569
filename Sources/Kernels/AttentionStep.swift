/// One query row against `length` cached rows. `q`, `out`: `[H·D]`; `keys`,
/// `values`: `[length, G·D]`. The result depends, to the last bit, only on
/// these. `scratch`: `AttentionScratch.scratchCount` numbers for a
/// `maximumSequence` of at least `length`.
public func attentionStep(
  _ out: FloatPointer, _ q: ConstFloatPointer, _ keys: ConstFloatPointer,
  _ values: ConstFloatPointer, length: Int, heads: Int, keyValueHeads: Int,
  headDimension: Int, scratch: FloatPointer
) {
  precondition(length > 0, "attentionStep needs at least one cached row")
  let scaling = 1 / Float(headDimension).squareRoot()
  let width = keyValueHeads * headDimension
  let share = heads / keyValueHeads
  let padded = roundUp(length, to: vectorWidth)
  for g in 0..<keyValueHeads {
    let first = g * share
    // Heads that share keys and values take them block by block, so that a
    // block comes from memory once.
    for start in stride(from: 0, to: length, by: stepBlock) {
      for h in 0..<share {
        score(
          scratch + h * padded + start, q + (first + h) * headDimension,
          keys + start * width + g * headDimension, stride: width,
          length: min(stepBlock, length - start), dimension: headDimension)
      }
    }
    for h in 0..<share {
      let row = scratch + h * padded
      (row + length).update(repeating: -.infinity, count: padded - length)
      let top = maximum(row, count: padded)
      let total = exponentials(row, row, minus: top, scaling: scaling, count: padded)
      scale(row, by: 1 / total, count: padded)
    }
    let result = out + first * headDimension
    result.update(repeating: 0, count: share * headDimension)
    for start in stride(from: 0, to: length, by: stepBlock) {
      for h in 0..<share {
        blend(
          result + h * headDimension, scratch + h * padded + start,
          values + start * width + g * headDimension, stride: width,
          length: min(stepBlock, length - start), dimension: headDimension)
      }
    }
  }
}

/// Cached rows of a block: a multiple of the rows that `score` and `blend` take
/// at once.
private let stepBlock = 64

/// scores[j] = q · keys[j], four keys at a time.
private func score(
  _ scores: FloatPointer, _ q: ConstFloatPointer, _ keys: ConstFloatPointer,
  stride: Int, length: Int, dimension: Int
) {
  var j = 0
  while j &+ 4 <= length {
    let k0 = keys + j &* stride
    let k1 = k0 + stride
    let k2 = k1 + stride
    let k3 = k2 + stride
    var s0 = HalfVector.zero
    var s1 = HalfVector.zero
    var s2 = HalfVector.zero
    var s3 = HalfVector.zero
    var d = 0
    while d &+ 8 <= dimension {
      let query = loadHalf(q, d)
      s0 = s0.addingProduct(query, loadHalf(k0, d))
      s1 = s1.addingProduct(query, loadHalf(k1, d))
      s2 = s2.addingProduct(query, loadHalf(k2, d))
      s3 = s3.addingProduct(query, loadHalf(k3, d))
      d &+= 8
    }
    var four = sums(s0, s1, s2, s3)
    while d < dimension {
      let column = SIMD4<Float>(k0[d], k1[d], k2[d], k3[d])
      four = four.addingProduct(SIMD4(repeating: q[d]), column)
      d &+= 1
    }
    UnsafeMutableRawPointer(scores + j).storeBytes(of: four, as: SIMD4<Float>.self)
    j &+= 4
  }
  while j < length {
    scores[j] = dot(q, keys + j &* stride, count: dimension)
    j &+= 1
  }
}

/// The four vectors' sums, each by halving.
@inline(__always)
private func sums(
  _ a: HalfVector, _ b: HalfVector, _ c: HalfVector, _ d: HalfVector
) -> SIMD4<Float> {
  SIMD4(sum(a), sum(b), sum(c), sum(d))
}

/// result += Σ weights[j] · values[j], 32 or 8 columns at a time; even and odd
/// rows are summed apart.
private func blend(
  _ result: FloatPointer, _ weights: ConstFloatPointer, _ values: ConstFloatPointer,
  stride: Int, length: Int, dimension: Int
) {
  var d = 0
  while d &+ 32 <= dimension {
    var even0 = Vector.zero
    var even1 = Vector.zero
    var odd0 = Vector.zero
    var odd1 = Vector.zero
    var row = values + d
    var j = 0
    while j &+ 2 <= length {
      let first = Vector(repeating: weights[j])
      even0 = even0.addingProduct(load(row, 0), first)
      even1 = even1.addingProduct(load(row, vectorWidth), first)
      row += stride
      let second = Vector(repeating: weights[j &+ 1])
      odd0 = odd0.addingProduct(load(row, 0), second)
      odd1 = odd1.addingProduct(load(row, vectorWidth), second)
      row += stride
      j &+= 2
    }
    if j < length {
      let last = Vector(repeating: weights[j])
      even0 = even0.addingProduct(load(row, 0), last)
      even1 = even1.addingProduct(load(row, vectorWidth), last)
    }
    store(load(result, d) + (even0 + odd0), result, d)
    store(load(result, d &+ vectorWidth) + (even1 + odd1), result, d &+ vectorWidth)
    d &+= 32
  }
  while d &+ 8 <= dimension {
    var total = HalfVector.zero
    for j in 0..<length {
      total = total.addingProduct(
        loadHalf(values, d &+ j &* stride), HalfVector(repeating: weights[j]))
    }
    store(loadHalf(result, d) + total, result, d)
    d &+= 8
  }
  while d < dimension {
    var total: Float = 0
    for j in 0..<length {
      total = total.addingProduct(values[d &+ j &* stride], weights[j])
    }
    result[d] += total
    d &+= 1
  }
}
