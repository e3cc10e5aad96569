import Foundation
import Testing

@testable import Kernels

@Suite struct PointwiseTests {
  static let counts = [1, 7, 16, 33, 80]

  @Test(arguments: counts)
  func swiGLUMatchesLoopsAndDifferences(count: Int) {
    let gate = sample("gate", count, scale: 3)
    let up = sample("up", count)
    let dout = sample("dout", count)
    var out = [Float](repeating: .nan, count: count)
    swiGLU(&out, gate, up, count: count)
    expectClose(out, Naive.swiGLU(wide(gate), wide(up)), tolerance: 1e-6)

    // By rows, some columns of a wider matrix: the same bits.
    let (rows, stride) = (3, count + 5)
    var some = [Float](repeating: .nan, count: rows * stride)
    let gates = (0..<rows).flatMap { _ in gate }
    let ups = (0..<rows).flatMap { _ in up }
    swiGLU(&some, outStride: stride, gates, ups, stride: count, rows: rows, count: count)
    for row in 0..<rows {
      #expect(bits(some[(row * stride)..<(row * stride + count)]) == bits(out))
      #expect(some[(row * stride + count)..<((row + 1) * stride)].allSatisfy { $0.isNaN })
    }

    let dgateExpected = numericalGradient(wide(gate)) {
      inner(wide(dout), Naive.swiGLU($0, wide(up)))
    }
    let dupExpected = numericalGradient(wide(up)) {
      inner(wide(dout), Naive.swiGLU(wide(gate), $0))
    }
    var dgate = [Float](repeating: .nan, count: count)
    var dup = [Float](repeating: .nan, count: count)
    swiGLUBackward(&dgate, &dup, dout, gate, up, count: count)
    expectClose(dgate, dgateExpected, tolerance: 1e-5)
    expectClose(dup, dupExpected, tolerance: 1e-5)

    // In the memory of its inputs, as the documentation allows.
    let memory = FloatBuffer(count: 2 * count)
    for i in 0..<count { (memory[i], memory[count + i]) = (gate[i], up[i]) }
    let (a, b) = (memory.pointer, memory.pointer + count)
    swiGLUBackward(a, b, dout, a, b, count: count)
    #expect(bits((0..<count).map { memory[$0] }) == bits(dgate))
    #expect(bits((0..<count).map { memory[count + $0] }) == bits(dup))
  }

  @Test(arguments: [1, 16, 20])
  func swiGLUAtTheEdges(count: Int) {
    func gated(_ gate: Float, _ up: Float) -> [Float] {
      let (gates, ups) = (
        [Float](repeating: gate, count: count), [Float](repeating: up, count: count)
      )
      var out = [Float](repeating: 1, count: count)
      swiGLU(&out, gates, ups, count: count)
      return out
    }
    #expect(gated(100, 3).allSatisfy { $0 == 300 })
    #expect(gated(-100, 3).allSatisfy { abs($0) < 1e-35 })
    #expect(gated(.infinity, 3).allSatisfy { $0 == .infinity })
    // Weights that have diverged must not go unnoticed.
    #expect(gated(.nan, 3).allSatisfy { $0.isNaN })
    #expect(gated(3, .nan).allSatisfy { $0.isNaN })
  }

  @Test(arguments: counts)
  func geluMatchesLoopsAndDifferences(count: Int) {
    let x = sample("x", count, scale: 2)
    let dout = sample("dout", count)
    var out = [Float](repeating: .nan, count: count)
    gelu(&out, x, count: count)
    expectClose(out, Naive.gelu(wide(x)), tolerance: 1e-6)
    let before = sample("before", count)
    var dx = before
    geluBackward(&dx, dout, x, count: count)
    let expected = numericalGradient(wide(x)) { inner(wide(dout), Naive.gelu($0)) }
    expectClose(dx, plus(before, expected), tolerance: 1e-5)
  }

  @Test(arguments: counts)
  func softmaxWeightsMatchLoopsAndLogProbabilities(count: Int) {
    let x = sample("x", count, scale: 4)
    var weights = [Float](repeating: .nan, count: count)
    let sum = softmaxWeights(&weights, x, count: count)
    #expect(sum.isFinite)
    let expected = Naive.softmax(wide(x), rows: 1, width: count)
    expectClose(weights.map { $0 / weights.reduce(0, +) }, expected, tolerance: 1e-6)
    expectClose(x.map(sum.logProbability), expected.map { log($0) }, tolerance: 1e-6)
    // What sampling and training say of a token is the same to the last bit.
    for target in 0..<count {
      var (logp, lse): (Float, Float) = (.nan, .nan)
      logProbability(&logp, &lse, nil, x, [Int32(target)], rows: 1, vocabulary: count)
      #expect(logp.bitPattern == sum.logProbability(of: x[target]).bitPattern)
    }
  }

  @Test func softmaxWeightsSurviveLargeAndMaskedValues() {
    let x: [Float] = [1e30, -.infinity, 1e30, -1e30]
    var weights = [Float](repeating: .nan, count: 4)
    #expect(softmaxWeights(&weights, x, count: 4).isFinite)
    #expect(weights == [1, 0, 1, 0])
    for bad in [[Float.nan, 0], [0, .nan], [.infinity, 0], [-.infinity, -.infinity]] {
      #expect(!softmaxWeights(&weights, bad, count: 2).isFinite, "\(bad)")
    }
  }

  @Test(arguments: [2, 8, 32, 34])
  func rotationMatchesComplexNumbersAndTurnsBack(dimension: Int) {
    let (heads, positions) = (3, [0, 1, 5, 63] as [Int32])
    let table = RotaryTable(
      headDimension: dimension, maximumPositions: 64, theta: 10_000)
    let x = sample("x", positions.count * heads * dimension)
    var y = x
    rotate(&y, positions: positions, rows: positions.count, heads: heads, table: table)
    let expected = Naive.rotate(
      wide(x), positions: positions, heads: heads, dimension: dimension, theta: 10_000)
    expectClose(y, expected, tolerance: 1e-6)

    let dy = sample("dy", x.count)
    let gradient = numericalGradient(wide(x)) {
      inner(
        wide(dy),
        Naive.rotate(
          $0, positions: positions, heads: heads, dimension: dimension, theta: 10_000))
    }
    var dx = dy
    rotateBackward(
      &dx, positions: positions, rows: positions.count, heads: heads, table: table)
    expectClose(dx, gradient, tolerance: 1e-5)
  }

  @Test(arguments: [1, 16, 33])
  func embeddingCopiesRowsAndAddsGradients(width: Int) {
    let tokens: [Int32] = [4, 0, 4, 2]
    let table = sample("table", 5 * width)
    var out = [Float](repeating: .nan, count: tokens.count * width)
    embed(&out, tokens, table, rows: tokens.count, width: width)
    for (r, token) in tokens.enumerated() {
      let row = Array(table[(Int(token) * width)..<((Int(token) + 1) * width)])
      #expect(Array(out[(r * width)..<((r + 1) * width)]) == row)
    }
    let dout = sample("dout", out.count)
    var expected = wide(table)
    for (r, token) in tokens.enumerated() {
      for i in 0..<width { expected[Int(token) * width + i] += Double(dout[r * width + i]) }
    }
    var dtable = table
    embedBackward(&dtable, dout, tokens, rows: tokens.count, width: width)
    expectClose(dtable, expected, tolerance: 1e-6)
  }
}
