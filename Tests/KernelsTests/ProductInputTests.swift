import Foundation
import Testing

@testable import Kernels

@Suite struct ProductInputTests {
  /// Rows made in pieces multiply as rows made at once, to the last bit.
  @Test(arguments: [(11, 37), (13, 70), (1, 1), (24, 64)], Precision.allCases)
  func piecesAreTheWhole(shape: (Int, Int), precision: Precision) {
    let (rows, width) = shape
    let outputs = 40
    let x = sample("x", rows * width)
    let w = PackedMatrix(
      sample("w", outputs * width), inputs: width, outputs: outputs, precision: precision)
    var expected = [Float](repeating: .nan, count: rows * outputs)
    matmul(&expected, x, w, rows: rows)

    let memory = FloatBuffer(
      count: ProductInput.count(rows: rows, width: width, precision: precision))
    memory.pointer.update(repeating: .nan, count: memory.count)
    let input = ProductInput(memory.pointer, width: width, precision: precision)
    let scratch = FloatBuffer(count: 3 * width)
    let cuts = [0, width / 4 / 2 * 2, width / 2 / 2 * 2, width]
    for range in [rows / 3..<rows, 0..<rows / 3] {
      for (start, end) in zip(cuts, cuts.dropFirst()) where start < end {
        input.make(range, columns: start..<end, atOnce: 3, scratch: scratch.pointer) {
          out, stride, some in
          for r in some {
            for column in start..<end {
              out[(r - some.lowerBound) * stride + column - start] = x[r * width + column]
            }
          }
        }
      }
    }
    var y = [Float](repeating: .nan, count: rows * outputs)
    matmul(&y, input.rows(rows), w)
    #expect(bits(y) == bits(expected))

    input.copyRow(rows - 1, to: 0)
    matmul(&y, input.rows(1), w)
    #expect(bits(y[..<outputs]) == bits(expected[((rows - 1) * outputs)...]))
  }

  /// Some outputs alone, into rows that are further apart.
  @Test(arguments: Precision.allCases)
  func someOutputsAreOfTheWhole(precision: Precision) {
    let (rows, width, outputs) = (14, 30, 90)
    let x = sample("x", rows * width)
    let w = PackedMatrix(
      sample("w", outputs * width), inputs: width, outputs: outputs, precision: precision)
    var whole = [Float](repeating: .nan, count: rows * outputs)
    matmul(&whole, x, w, rows: rows)
    let matrix = FloatBuffer(count: x.count)
    matrix.pointer.update(from: x, count: x.count)
    let scratch = FloatBuffer(
      count: ProductRows.scratchCount(rows: rows, width: width, precision: precision))
    let factor = ProductRows(
      matrix.pointer, rows: rows, width: width, precision: precision,
      scratch: scratch.pointer)
    for range in [0..<32, 32..<90, 64..<70] {
      let stride = range.count + 3
      var some = [Float](repeating: .nan, count: rows * stride)
      matmul(&some, rowStride: stride, factor, w, outputs: range)
      for row in 0..<rows {
        let expected = whole[(row * outputs + range.lowerBound)...].prefix(range.count)
        #expect(bits(some[(row * stride)...].prefix(range.count)) == bits(expected))
        #expect(some[(row * stride + range.count)...].prefix(3).allSatisfy { $0.isNaN })
      }
    }
  }
}
