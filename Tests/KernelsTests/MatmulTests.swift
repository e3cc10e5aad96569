import Foundation
import Testing

@testable import Kernels

@Suite struct MatmulTests {
  static let shapes = [
    (1, 1, 1), (1, 33, 7), (7, 33, 1), (6, 16, 16), (5, 7, 33), (13, 64, 100),
    (24, 40, 101), (36, 70, 128),
  ]

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
    let before = sample("before", w.count)
    var dw = before
    let transpose = PackedMatrix(w, inputs: outputs, outputs: inputs, transposing: true)
    withFactors(dy, x, rows: rows, .float32) { dy, x in
      matmul(&dx, dy.rows, transpose)
      expectClose(dx, dxExpected, tolerance: 1e-5)
      matmul(&dx, dy.rows, transpose, adding: dx)
      expectClose(dx, dxExpected.map { 2 * $0 }, tolerance: 1e-5)
      matmulBackwardWeight(&dw, dy.columns, x.columns)
    }
    expectClose(dw, plus(before, dwExpected), tolerance: 1e-5)
  }

  /// In bfloat16 a factor is off by 2⁻⁹ of itself at most.
  @Test(arguments: [(1, 1, 1), (3, 7, 5), (13, 33, 45), (50, 64, 32)])
  func roundedBackwardMatchesLoops(rows: Int, inputs: Int, outputs: Int) {
    let x = sample("x", rows * inputs).map(rounded)
    let w = sample("w", outputs * inputs).map(rounded)
    let dy = sample("dy", rows * outputs).map(rounded)
    let before = sample("before", w.count)
    // Rounding what is rounded already changes nothing: only sums differ.
    var dwExpected = wide(before)
    var dxExpected = [Double](repeating: 0, count: x.count)
    for r in 0..<rows {
      for o in 0..<outputs {
        for i in 0..<inputs {
          dwExpected[o * inputs + i] += Double(dy[r * outputs + o] * x[r * inputs + i])
          dxExpected[r * inputs + i] += Double(dy[r * outputs + o] * w[o * inputs + i])
        }
      }
    }
    let transpose = PackedMatrix(
      w, inputs: outputs, outputs: inputs, precision: .bfloat16, transposing: true)
    var dw = before
    var dx = [Float](repeating: .nan, count: x.count)
    withFactors(dy, x, rows: rows, .bfloat16) { dy, x in
      matmulBackwardWeight(&dw, dy.columns, x.columns)
      matmul(&dx, dy.rows, transpose)
    }
    expectClose(dw, dwExpected, tolerance: 1e-5)
    expectClose(dx, dxExpected, tolerance: 1e-5)
  }

  /// A factor has the same bits whether it is made of a matrix, of what is written a
  /// few rows at a time, or beside another.
  @Test(arguments: [Precision.float32, .bfloat16], [(1, 1), (7, 33), (8, 12), (35, 70)])
  func factorsMadeInPiecesAreTheSame(precision: Precision, shape: (rows: Int, width: Int)) {
    let (rows, width) = shape
    let x = sample("x", rows * width)
    let w = sample("w", 5 * width)
    let packed = PackedMatrix(w, inputs: width, outputs: 5, precision: precision)
    func products(_ make: (ProductFactor.Memory) -> ProductFactor) -> [Float] {
      let memory = FactorMemory(.outputGradient, rows: rows, width: width, precision)
      let factor = make(memory.pointers)
      var y = [Float](repeating: .nan, count: rows * 5)
      matmul(&y, factor.rows, packed)
      var dw = [Float](repeating: 0, count: width * width)
      let input = FactorMemory(.input, rows: rows, width: width, precision)
      let other = ProductFactor(
        .input, of: x, rows: rows, width: width, precision: precision, in: input.pointers)
      matmulBackwardWeight(&dw, factor.columns, other.columns)
      return y + dw
    }
    func copy(_ out: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
      for i in 0..<range.count * width { out[i] = x[range.lowerBound * width + i] }
    }
    let whole = products {
      ProductFactor(
        .outputGradient, of: x, rows: rows, width: width, precision: precision, in: $0)
    }
    let written = products {
      ProductFactor(
        .outputGradient, rows: rows, width: width, precision: precision, in: $0, writing: copy)
    }
    let other = FactorMemory(.outputGradient, rows: rows, width: width, precision)
    func pair(
      _ first: ProductFactor.Memory, _ second: ProductFactor.Memory, isFirst: Bool
    ) -> (ProductFactor, ProductFactor) {
      ProductFactor.pair(
        .outputGradient, rows: rows, width: width, precision: precision, in: first, second
      ) { a, b, range in
        for i in 0..<range.count * width { (isFirst ? b : a)[i] = .nan }
        copy(isFirst ? a : b, range)
      }
    }
    #expect(written == whole)
    #expect(products { pair($0, other.pointers, isFirst: true).0 } == whole)
    #expect(products { pair(other.pointers, $0, isFirst: false).1 } == whole)
    #expect(whole.allSatisfy { $0.isFinite })
  }

  @Test func nothingHappensWithoutRows() {
    var y: [Float] = [7]
    matmul(&y, [1], PackedMatrix([1], inputs: 1, outputs: 1), rows: 0)
    for precision in [Precision.float32, .bfloat16] {
      withFactors([], [], rows: 0, precision) { dy, x in
        matmulBackwardWeight(&y, dy.columns, x.columns)
      }
    }
    #expect(y == [7])
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

/// Memory for one factor.
private struct FactorMemory {
  let columns, scratch: FloatBuffer

  init(_ place: ProductColumns.Place, rows: Int, width: Int, _ precision: Precision) {
    columns = FloatBuffer(
      count: ProductColumns.count(as: place, rows: rows, width: width, precision: precision))
    scratch = FloatBuffer(
      count: ProductFactor.scratchCount(rows: rows, width: width, precision: precision))
    // What is not written must not be read.
    for buffer in [columns, scratch] {
      for i in 0..<buffer.count { buffer[i] = .nan }
    }
  }

  var pointers: ProductFactor.Memory {
    ProductFactor.Memory(columns: columns.pointer, scratch: scratch.pointer)
  }
}

/// Calls `body` with the factors dy, `[R, O]`, and x, `[R, I]`.
private func withFactors(
  _ dy: [Float], _ x: [Float], rows: Int, _ precision: Precision,
  _ body: (ProductFactor, ProductFactor) -> Void
) {
  let (outputs, inputs) = rows == 0 ? (1, 1) : (dy.count / rows, x.count / rows)
  let first = FactorMemory(.outputGradient, rows: rows, width: outputs, precision)
  let second = FactorMemory(.input, rows: rows, width: inputs, precision)
  dy.withUnsafeBufferPointer { dy in
    x.withUnsafeBufferPointer { x in
      // Of no rows nothing is read.
      let dy = dy.baseAddress ?? UnsafePointer(first.pointers.columns)
      let x = x.baseAddress ?? UnsafePointer(second.pointers.columns)
      body(
        ProductFactor(
          .outputGradient, of: dy, rows: rows, width: outputs, precision: precision,
          in: first.pointers),
        ProductFactor(
          .input, of: x, rows: rows, width: inputs, precision: precision, in: second.pointers))
    }
  }
}

/// x rounded to bfloat16, through the conversion that files are written with.
private func rounded(_ x: Float) -> Float {
  var bits: UInt16 = 0
  floatToBfloat16(&bits, [x], count: 1)
  return Float(bitPattern: UInt32(bits) << 16)
}

@Suite struct PackedMatrixTests {
  @Test(arguments: MatmulTests.shapes, Precision.allCases)
  func productMatchesLoops(shape: (Int, Int, Int), precision: Precision) {
    let (rows, inputs, outputs) = shape
    let x = sample("x", rows * inputs)
    let w = sample("w", outputs * inputs)
    let factors = precision == .float32 ? (x, w) : (x.map(rounded), w.map(rounded))
    let expected = Naive.matmul(
      wide(factors.0), wide(factors.1), rows: rows, inputs: inputs, outputs: outputs)
    let packed = PackedMatrix(w, inputs: inputs, outputs: outputs, precision: precision)
    var y = [Float](repeating: .nan, count: rows * outputs)
    matmul(&y, x, packed, rows: rows)
    expectClose(y, expected, tolerance: 1e-5)
    y.withUnsafeMutableBufferPointer {
      matmul($0.baseAddress!, x, packed, rows: rows, adding: $0.baseAddress!)
    }
    expectClose(y, expected.map { 2 * $0 }, tolerance: 1e-5)
    let addend = sample("addend", y.count)
    matmul(&y, x, packed, rows: rows, adding: addend)
    expectClose(y, plus(addend, expected), tolerance: 1e-5)
  }

  @Test(arguments: [(70, 130), (33, 7), (256, 64)], Precision.allCases)
  func rowsAreIndependent(shape: (Int, Int), precision: Precision) throws {
    let (inputs, outputs) = shape
    let many = 40
    let x = sample("x", many * inputs)
    let w = sample("w", outputs * inputs)
    let packed = PackedMatrix(w, inputs: inputs, outputs: outputs, precision: precision)
    var all = [Float](repeating: 0, count: many * outputs)
    matmul(&all, x, packed, rows: many)
    for rows in [1, 2, 5, 6, 7, 11, 12, 13, 23] {
      for offset in [0, 1, 8, 17] {
        let part = Array(x[(offset * inputs)..<((offset + rows) * inputs)])
        var some = [Float](repeating: 0, count: rows * outputs)
        matmul(&some, part, packed, rows: rows)
        #expect(
          bits(some) == bits(all[(offset * outputs)..<((offset + rows) * outputs)]))
      }
    }
  }

  /// Many rows go in several passes, each of which must begin where the last
  /// ended.
  @Test(arguments: Precision.allCases)
  func manyRowsAreThoseOfFewer(precision: Precision) {
    let (rows, inputs, outputs) = (1000, 512, 40)
    let x = sample("x", rows * inputs)
    let w = sample("w", outputs * inputs)
    let packed = PackedMatrix(w, inputs: inputs, outputs: outputs, precision: precision)
    var all = [Float](repeating: 0, count: rows * outputs)
    matmul(&all, x, packed, rows: rows)
    for row in stride(from: 0, to: rows, by: 37) {
      var one = [Float](repeating: 0, count: outputs)
      matmul(&one, Array(x[(row * inputs)..<((row + 1) * inputs)]), packed, rows: 1)
      #expect(bits(one) == bits(all[(row * outputs)..<((row + 1) * outputs)]))
    }
  }

  /// A team's members together write the whole product, with the same bits.
  @Test(arguments: [2, 3, 5], Precision.allCases)
  func partsAreOfTheWhole(lanes: Int, precision: Precision) {
    for (rows, inputs, outputs) in [(1, 33, 7), (7, 70, 130), (24, 64, 192), (1, 96, 600)] {
      let x = sample("x", rows * inputs)
      let w = sample("w", outputs * inputs)
      let packed = PackedMatrix(w, inputs: inputs, outputs: outputs, precision: precision)
      let whole = FloatBuffer(count: rows * outputs)
      let parts = FloatBuffer(count: rows * outputs)
      for i in 0..<parts.count { (whole[i], parts[i]) = (Float(i), Float(i)) }
      withTeam(lanes) { team in
        for adds in [true, false, true] {
          matmul(whole.pointer, x, packed, rows: rows, adding: adds ? whole.pointer : nil)
          team.run {
            matmul(
              parts.pointer, x, packed, rows: rows, adding: adds ? parts.pointer : nil, part: $0)
          }
        }
      }
      #expect(
        memcmp(whole.pointer, parts.pointer, 4 * whole.count) == 0,
        "\(rows) rows, \(inputs) inputs, \(outputs) outputs")
    }
  }

  @Test func isASnapshot() {
    var w: [Float] = [1, 2, 3, 4]
    let packed = PackedMatrix(w, inputs: 2, outputs: 2)
    w = [0, 0, 0, 0]
    var y: [Float] = [0, 0]
    matmul(&y, [1, 10], packed, rows: 1)
    #expect(y == [21, 43])
    packed.pack(w)
    matmul(&y, [1, 10], packed, rows: 1)
    #expect(y == [0, 0])
  }
}
