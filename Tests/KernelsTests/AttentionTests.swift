import Testing

@testable import Kernels

@Suite struct AttentionTests {
  /// Sequences of one row, around a tile and around a block of queries; grouped
  /// and plain heads; head dimensions that are and are not whole vectors.
  static let shapes = [
    Naive.AttentionShape(offsets: [0, 1], heads: 1, keyValueHeads: 1, dimension: 1),
    Naive.AttentionShape(offsets: [0, 7, 8, 41], heads: 4, keyValueHeads: 2, dimension: 8),
    Naive.AttentionShape(offsets: [0, 33, 33, 51], heads: 2, keyValueHeads: 2, dimension: 33),
    Naive.AttentionShape(offsets: [0, 47, 95, 144], heads: 2, keyValueHeads: 1, dimension: 32),
    Naive.AttentionShape(offsets: [0, 103], heads: 6, keyValueHeads: 2, dimension: 64),
  ]

  private struct Inputs {
    var q, k, v: [Float]

    init(_ shape: Naive.AttentionShape, scale: Double = 1) {
      q = sample("q", shape.rows * shape.queryWidth, scale: scale)
      k = sample("k", shape.rows * shape.keyWidth, scale: scale)
      v = sample("v", shape.rows * shape.keyWidth)
    }
  }

  private func scratch(_ shape: Naive.AttentionShape) -> [Float] {
    let longest = zip(shape.offsets, shape.offsets.dropFirst()).map { $1 - $0 }.max()!
    // Garbage, so that reading what was not written shows.
    return [Float](
      repeating: .nan,
      count: AttentionScratch.scratchCount(
        maximumSequence: longest, heads: shape.heads,
        keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension))
  }

  private func forward(
    _ shape: Naive.AttentionShape, _ inputs: Inputs, _ precision: Precision = .float32
  ) -> (out: [Float], lse: [Float]) {
    var out = [Float](repeating: .nan, count: shape.rows * shape.queryWidth)
    var lse = [Float](repeating: .nan, count: shape.rows * shape.heads)
    var memory = scratch(shape)
    attention(
      &out, &lse, inputs.q, inputs.k, inputs.v, offsets: shape.offsets,
      heads: shape.heads, keyValueHeads: shape.keyValueHeads,
      headDimension: shape.dimension, precision: precision, scratch: &memory)
    return (out, lse)
  }

  @Test(arguments: shapes)
  func forwardMatchesLoops(shape: Naive.AttentionShape) {
    for scale in [1.0, 4.0] {
      let inputs = Inputs(shape, scale: scale)
      let (out, lse) = forward(shape, inputs)
      let expected = Naive.attention(wide(inputs.q), wide(inputs.k), wide(inputs.v), shape)
      expectClose(out, expected.out, tolerance: 1e-5)
      expectClose(lse, expected.lse, tolerance: 1e-5)
    }
  }

  @Test(arguments: [
    Naive.AttentionShape(offsets: [0, 1, 9], heads: 2, keyValueHeads: 1, dimension: 4),
    Naive.AttentionShape(offsets: [0, 14], heads: 4, keyValueHeads: 2, dimension: 5),
  ])
  func backwardMatchesDifferences(shape: Naive.AttentionShape) {
    let inputs = Inputs(shape)
    let dout = sample("dout", shape.rows * shape.queryWidth)
    let gradients = backward(shape, inputs, dout)
    let (q, k, v) = (wide(inputs.q), wide(inputs.k), wide(inputs.v))
    func loss(_ q: [Double], _ k: [Double], _ v: [Double]) -> Double {
      inner(wide(dout), Naive.attention(q, k, v, shape).out)
    }
    expectClose(gradients.dq, numericalGradient(q) { loss($0, k, v) }, tolerance: 1e-5)
    expectClose(gradients.dk, numericalGradient(k) { loss(q, $0, v) }, tolerance: 1e-5)
    expectClose(gradients.dv, numericalGradient(v) { loss(q, k, $0) }, tolerance: 1e-5)
  }

  /// Large shapes, where differences by every element take too long: by the
  /// derivative along random directions.
  @Test(arguments: shapes)
  func backwardMatchesDirections(shape: Naive.AttentionShape) {
    let inputs = Inputs(shape)
    let dout = sample("dout", shape.rows * shape.queryWidth)
    let gradients = backward(shape, inputs, dout)
    let (q, k, v) = (wide(inputs.q), wide(inputs.k), wide(inputs.v))
    for trial in 0..<3 {
      let a = wide(sample("a\(trial)", q.count))
      let b = wide(sample("b\(trial)", k.count))
      let c = wide(sample("c\(trial)", v.count))
      let loss = { (s: Double) -> Double in
        func moved(_ x: [Double], _ d: [Double]) -> [Double] { zip(x, d).map { $0 + s * $1 } }
        return inner(
          wide(dout), Naive.attention(moved(q, a), moved(k, b), moved(v, c), shape).out)
      }
      let expected = (loss(1e-5) - loss(-1e-5)) / 2e-5
      let actual =
        inner(a, wide(gradients.dq)) + inner(b, wide(gradients.dk))
        + inner(c, wide(gradients.dv))
      let size = inner(a, a).squareRoot() + inner(c, c).squareRoot()
      #expect(abs(actual - expected) < 1e-4 * (1 + size))
    }
  }

  /// The kernel's gradients, after checking that it writes over what was there.
  private func backward(
    _ shape: Naive.AttentionShape, _ inputs: Inputs, _ dout: [Float],
    _ precision: Precision = .float32
  ) -> (dq: [Float], dk: [Float], dv: [Float]) {
    let (out, lse) = forward(shape, inputs, precision)
    func run(from value: Float) -> (dq: [Float], dk: [Float], dv: [Float]) {
      var dq = [Float](repeating: value, count: inputs.q.count)
      var dk = [Float](repeating: value, count: inputs.k.count)
      var dv = [Float](repeating: value, count: inputs.v.count)
      var memory = scratch(shape)
      attentionBackward(
        &dq, &dk, &dv, dout, inputs.q, inputs.k, inputs.v, out, lse,
        offsets: shape.offsets, heads: shape.heads, keyValueHeads: shape.keyValueHeads,
        headDimension: shape.dimension, precision: precision, scratch: &memory)
      return (dq, dk, dv)
    }
    let result = run(from: 0)
    #expect(run(from: .nan) == result)
    return result
  }

  /// In bfloat16 a factor is off by 2⁻⁹ of itself at most; the bound allows for
  /// sums of such errors, and is a twentieth of what a wrong factor would give.
  @Test(arguments: shapes)
  func roundedAttentionIsClose(shape: Naive.AttentionShape) {
    let inputs = Inputs(shape)
    let dout = sample("dout", shape.rows * shape.queryWidth)
    let exact = Naive.attention(wide(inputs.q), wide(inputs.k), wide(inputs.v), shape)
    let (out, lse) = forward(shape, inputs, .bfloat16)
    expectClose(out, exact.out, tolerance: 0.01)
    expectClose(lse, exact.lse, tolerance: 0.01)
    let gradients = backward(shape, inputs, dout, .bfloat16)
    let expected = backward(shape, inputs, dout)
    expectClose(gradients.dq, wide(expected.dq), tolerance: 0.02)
    expectClose(gradients.dk, wide(expected.dk), tolerance: 0.02)
    expectClose(gradients.dv, wide(expected.dv), tolerance: 0.02)
  }

  /// Where only the last rows of each sequence ask, they get what they get among all,
  /// and so do the keys and values if no gradient comes from the others.
  @Test(arguments: shapes, [Precision.float32, .bfloat16])
  func lastRowsAskAlone(shape: Naive.AttentionShape, precision: Precision) {
    let inputs = Inputs(shape)
    var dout = sample("dout", shape.rows * shape.queryWidth)
    var queryOffsets = [0]
    var asking: [Int] = []
    for (begin, end) in zip(shape.offsets, shape.offsets.dropFirst()) {
      let first = begin + (end - begin) * 2 / 3 / attentionTileRows * attentionTileRows
      asking += first..<end
      queryOffsets.append(asking.count)
      for i in begin * shape.queryWidth..<first * shape.queryWidth { dout[i] = 0 }
    }
    func asked(_ x: [Float], width: Int) -> [Float] {
      asking.flatMap { x[$0 * width..<($0 + 1) * width] }
    }
    let all = forward(shape, inputs, precision)
    let allGradients = backward(shape, inputs, dout, precision)

    let q = asked(inputs.q, width: shape.queryWidth)
    dout = asked(dout, width: shape.queryWidth)
    var out = [Float](repeating: .nan, count: q.count)
    var lse = [Float](repeating: .nan, count: asking.count * shape.heads)
    var dq = out
    var dk = [Float](repeating: .nan, count: inputs.k.count)
    var dv = dk
    var memory = scratch(shape)
    attention(
      &out, &lse, q, inputs.k, inputs.v, offsets: shape.offsets, queryOffsets: queryOffsets,
      heads: shape.heads, keyValueHeads: shape.keyValueHeads, headDimension: shape.dimension,
      precision: precision, scratch: &memory)
    memory = scratch(shape)
    attentionBackward(
      &dq, &dk, &dv, dout, q, inputs.k, inputs.v, out, lse, offsets: shape.offsets,
      queryOffsets: queryOffsets, heads: shape.heads, keyValueHeads: shape.keyValueHeads,
      headDimension: shape.dimension, precision: precision, scratch: &memory)
    #expect(bits(out) == bits(asked(all.out, width: shape.queryWidth)))
    #expect(bits(lse) == bits(asked(all.lse, width: shape.heads)))
    #expect(dq == asked(allGradients.dq, width: shape.queryWidth))
    // Queries come in other blocks, whose sums are added one by one.
    expectClose(dk, wide(allGradients.dk), tolerance: 1e-6)
    expectClose(dv, wide(allGradients.dv), tolerance: 1e-6)
  }

  @Test(arguments: shapes)
  func sequencesDoNotSeeEachOther(shape: Naive.AttentionShape) {
    let inputs = Inputs(shape)
    let together = forward(shape, inputs)
    for (begin, end) in zip(shape.offsets, shape.offsets.dropFirst()) where end > begin {
      var alone = shape
      alone.offsets = [0, end - begin]
      var part = inputs
      part.q = Array(inputs.q[(begin * shape.queryWidth)..<(end * shape.queryWidth)])
      part.k = Array(inputs.k[(begin * shape.keyWidth)..<(end * shape.keyWidth)])
      part.v = Array(inputs.v[(begin * shape.keyWidth)..<(end * shape.keyWidth)])
      let (out, lse) = forward(alone, part)
      #expect(
        bits(out) == bits(together.out[(begin * shape.queryWidth)..<(end * shape.queryWidth)]))
      #expect(bits(lse) == bits(together.lse[(begin * shape.heads)..<(end * shape.heads)]))
    }
  }
}
