import Foundation
import Testing

@testable import Kernels

@Suite struct MatmulTests {
  static let shapes = [
    (1, 1, 1), (1, 33, 7), (7, 33, 1), (6, 16, 16), (5, 7, 33), (13, 64, 100),
    (24, 40, 101), (36, 70, 128),
  ]

  @Test(arguments: shapes)
  func productMatchesLoops(rows: Int, inputs: Int, outputs: Int) {
    let x = sample("x", rows * inputs)
    let w = sample("w", outputs * inputs)
    let expected = Naive.matmul(
      wide(x), wide(w), rows: rows, inputs: inputs, outputs: outputs)
    var y = [Float](repeating: .nan, count: rows * outputs)
    matmul(&y, x, w, rows: rows, inputs: inputs, outputs: outputs)
    expectClose(y, expected, tolerance: 1e-5)
    matmul(&y, x, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: true)
    expectClose(y, expected.map { 2 * $0 }, tolerance: 1e-5)
    // The product for processors on which OpenBLAS's rows are not independent.
    var tiled = [Float](repeating: .nan, count: rows * outputs)
    tiledMatmul(
      &tiled, x, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: false)
    expectClose(tiled, expected, tolerance: 1e-5)
    tiledMatmul(
      &tiled, x, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: true)
    expectClose(tiled, expected.map { 2 * $0 }, tolerance: 1e-5)
  }

  @Test(arguments: [(1, 1, 1), (3, 7, 5), (4, 5, 33)])
  func backwardMatchesDifferences(rows: Int, inputs: Int, outputs: Int) {
    let x = sample("x", rows * inputs)
    let w = sample("w", outputs * inputs)
    let dy = sample("dy", rows * outputs)
    func loss(_ x: [Double], _ w: [Double]) -> Double {
      inner(
        wide(dy), Naive.matmul(x, w, rows: rows, inputs: inputs, outputs: outputs))
    }
    let dxExpected = numericalGradient(wide(x)) { loss($0, wide(w)) }
    let dwExpected = numericalGradient(wide(w)) { loss(wide(x), $0) }

    var dx = [Float](repeating: .nan, count: x.count)
    matmulBackwardInput(
      &dx, dy, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: false)
    expectClose(dx, dxExpected, tolerance: 1e-5)
    matmulBackwardInput(&dx, dy, w, rows: rows, inputs: inputs, outputs: outputs)
    expectClose(dx, dxExpected.map { 2 * $0 }, tolerance: 1e-5)
    let before = sample("before", w.count)
    var dw = before
    matmulBackwardWeight(&dw, dy, x, rows: rows, inputs: inputs, outputs: outputs)
    expectClose(dw, plus(before, dwExpected), tolerance: 1e-5)
  }

  @Test func biasIsAddedToEachRowAndItsGradientIsTheSum() {
    let (rows, outputs) = (3, 19)
    let y = sample("y", rows * outputs)
    let bias = sample("bias", outputs)
    var sum = y
    addBias(&sum, bias, rows: rows, outputs: outputs)
    for i in y.indices { #expect(sum[i] == y[i] + bias[i % outputs]) }
    let before = sample("before", outputs)
    var dbias = before
    biasBackward(&dbias, y, rows: rows, outputs: outputs)
    let expected = (0..<outputs).map { o in
      (0..<rows).reduce(0.0) { $0 + Double(y[$1 * outputs + o]) }
    }
    expectClose(dbias, plus(before, expected), tolerance: 1e-6)
  }

  @Test func nothingHappensWithoutRows() {
    var y: [Float] = [7]
    matmul(&y, [1], [1], rows: 0, inputs: 1, outputs: 1)
    matmulBackwardWeight(&y, [1], [1], rows: 0, inputs: 1, outputs: 1)
    #expect(y == [7])
  }
}

@Suite struct RowInvarianceTests {
  @Test func rowsOfTheStandardShapesAreIndependent() throws {
    try BLAS.verifyRowInvariance()
    try BLAS.verifyRowInvariance(shapes: [(192, 576), (576, 192), (1000, 320)])
  }

  @Test func ownTilesNeedNoPadding() {
    let (inputs, outputs, many) = (70, 50, 40)
    let x = sample("x", many * inputs)
    let w = sample("w", outputs * inputs)
    var all = [Float](repeating: 0, count: many * outputs)
    tiledMatmul(
      &all, x, w, rows: many, inputs: inputs, outputs: outputs, accumulate: false)
    for rows in [1, 2, 5, 6, 7, 12, 23] {
      for offset in [0, 1, 8, 17] {
        let part = Array(x[(offset * inputs)..<((offset + rows) * inputs)])
        var some = [Float](repeating: 0, count: rows * outputs)
        tiledMatmul(
          &some, part, w, rows: rows, inputs: inputs, outputs: outputs,
          accumulate: false)
        #expect(
          bits(some) == bits(all[(offset * outputs)..<((offset + rows) * outputs)]))
      }
    }
  }

  /// The check must be able to fail: a product that rounds its last row
  /// otherwise is found out.
  @Test func theCheckFindsDependentRows() {
    let found = BLAS.rowsDiffer(inputs: 33, outputs: 20) { y, x, w, rows, inputs, outputs, _ in
      matmul(y, x, w, rows: rows, inputs: inputs, outputs: outputs)
      y[rows * outputs - 1] = y[rows * outputs - 1].nextUp
    }
    #expect(found != nil)
  }
}

@Suite struct BLASTests {
  @Test func theLibraryNamesItsKernels() throws {
    try BLAS.load()
    #expect(!BLAS.coreName.isEmpty)
    #expect(BLAS.libraryVersion.hasPrefix("OpenBLAS"))
  }

  @Test func aMissingLibraryIsAnErrorThatSaysWhatToInstall() {
    let result = BLAS.Library.open("libopenblas-that-is-not-there.so.0")
    guard case .failure(let error) = result else {
      Issue.record("opened a library that does not exist")
      return
    }
    #expect(error.description.contains("libopenblas-that-is-not-there.so.0"))
    #expect(error.description.contains("libopenblas-dev"))
    #expect(!error.description.contains("\n"))
  }

  @Test func anotherLibraryIsNotTakenForOpenBLAS() {
    guard case .failure(let error) = BLAS.Library.open("libc.so.6") else {
      Issue.record("took the C library for OpenBLAS")
      return
    }
    #expect(error.description.contains("not OpenBLAS"))
  }
}

@Suite struct PackedMatrixTests {
  @Test(arguments: MatmulTests.shapes, [false, true])
  func productMatchesLoops(shape: (Int, Int, Int), usesLibrary: Bool) {
    let (rows, inputs, outputs) = shape
    let x = sample("x", rows * inputs)
    let w = sample("w", outputs * inputs)
    let expected = Naive.matmul(
      wide(x), wide(w), rows: rows, inputs: inputs, outputs: outputs)
    let packed = PackedMatrix(
      w, inputs: inputs, outputs: outputs, usesLibrary: usesLibrary)
    var y = [Float](repeating: .nan, count: rows * outputs)
    matmul(&y, x, packed, rows: rows)
    expectClose(y, expected, tolerance: 1e-5)
    matmul(&y, x, packed, rows: rows, accumulate: true)
    expectClose(y, expected.map { 2 * $0 }, tolerance: 1e-5)
  }

  @Test func rowsAreIndependentWithoutPadding() throws {
    try BLAS.load()
    let (inputs, outputs, many) = (70, 130, 40)
    let x = sample("x", many * inputs)
    let w = sample("w", outputs * inputs)
    let choices = BLAS.loaded.rowsAreIndependent ? [false, true] : [false]
    for usesLibrary in choices {
      let packed = PackedMatrix(
        w, inputs: inputs, outputs: outputs, usesLibrary: usesLibrary)
      var all = [Float](repeating: 0, count: many * outputs)
      matmul(&all, x, packed, rows: many)
      for rows in [1, 2, 6, 7, 12, 23] {
        for offset in [0, 1, 8, 17] {
          let part = Array(x[(offset * inputs)..<((offset + rows) * inputs)])
          var some = [Float](repeating: 0, count: rows * outputs)
          matmul(&some, part, packed, rows: rows)
          #expect(
            bits(some) == bits(all[(offset * outputs)..<((offset + rows) * outputs)]))
        }
      }
    }
  }

  /// A team's members together write the whole product, with the same bits.
  @Test(arguments: [2, 3, 5], [1, 7, 24])
  func partsAreOfTheWhole(lanes: Int, rows: Int) throws {
    try BLAS.load()
    let choices = BLAS.loaded.rowsAreIndependent ? [false, true] : [false]
    for (inputs, outputs) in [(33, 7), (70, 130), (64, 192), (96, 600)] {
      let x = sample("x", rows * inputs)
      let w = sample("w", outputs * inputs)
      for usesLibrary in choices {
        let packed = PackedMatrix(
          w, inputs: inputs, outputs: outputs, usesLibrary: usesLibrary)
        let whole = FloatBuffer(count: rows * outputs)
        let parts = FloatBuffer(count: rows * outputs)
        for i in 0..<parts.count { (whole[i], parts[i]) = (Float(i), Float(i)) }
        withTeam(lanes) { team in
          for accumulate in [true, false, true] {
            matmul(whole.pointer, x, packed, rows: rows, accumulate: accumulate)
            team.run {
              matmul(
                parts.pointer, x, packed, rows: rows, accumulate: accumulate, part: $0)
            }
          }
        }
        #expect(
          memcmp(whole.pointer, parts.pointer, 4 * whole.count) == 0,
          "\(inputs) inputs, \(outputs) outputs, by the library: \(usesLibrary)")
      }
    }
  }

  @Test func isASnapshot() {
    var w: [Float] = [1, 2, 3, 4]
    let packed = PackedMatrix(w, inputs: 2, outputs: 2)
    w = [0, 0, 0, 0]
    var y: [Float] = [0, 0]
    matmul(&y, [1, 10], packed, rows: 1)
    #expect(y == [21, 43])
  }
}
