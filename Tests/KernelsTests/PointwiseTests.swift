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
  func softmaxMatchesLoopsAndDifferences(width: Int) {
    let rows = 3
    let x = sample("x", rows * width, scale: 4)
    let dy = sample("dy", rows * width)
    var y = [Float](repeating: .nan, count: x.count)
    softmax(&y, x, rows: rows, width: width)
    expectClose(y, Naive.softmax(wide(x), rows: rows, width: width), tolerance: 1e-6)
    let before = sample("before", x.count)
    var dx = before
    softmaxBackward(&dx, dy, y, rows: rows, width: width)
    let expected = numericalGradient(wide(x)) {
      inner(wide(dy), Naive.softmax($0, rows: rows, width: width))
    }
    expectClose(dx, plus(before, expected), tolerance: 1e-5)
  }

  @Test func softmaxSurvivesLargeAndMaskedValues() {
    let x: [Float] = [1e30, -.infinity, 1e30, -1e30]
    var y = [Float](repeating: .nan, count: 4)
    softmax(&y, x, rows: 1, width: 4)
    #expect(y == [0.5, 0, 0.5, 0])
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
