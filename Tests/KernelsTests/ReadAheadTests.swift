import CKernels
import Testing

@testable import Kernels

@Suite struct ReadAheadTests {
  /// A product of one tile asks for one line in each step along its depth in float32,
  /// and for two in bfloat16, and goes on where it was in the next.
  @Test(arguments: Precision.allCases)
  func productsWalkThroughWhatLiesAhead(precision: Precision) {
    let inputs = 64
    let packed = PackedMatrix(
      sample("w", 32 * inputs), inputs: inputs, outputs: 32, precision: precision)
    let x = sample("x", inputs)
    var y = [Float](repeating: 0, count: 32)
    let memory = FloatBuffer(count: 1 << 16)
    let ahead = ReadAhead(sequences: 2)
    // Three segments of 40 lines, then one of 10 and a half.
    ahead.add(memory.pointer, bytes: 40 * 64, stride: 1024, segments: 3)
    ahead.add(memory.pointer + 4096, bytes: 10 * 64 + 32, stride: 0, segments: 1)
    func place() -> [Int] {
      let walk = ahead.walk.pointee
      return [walk.end - walk.part!, walk.segment, walk.offset / 64]
    }
    // Either way a tile has 64 lines: 64 steps of one, or 32 of two.
    let expected = [[2, 1, 24], [1, 0, 8], [0, 0, 0], [0, 0, 0]]
    #expect(place() == [2, 0, 0])
    for after in expected {
      matmul(&y, x, packed, rows: 1, ahead: ahead)
      #expect(place() == after)
    }
    ahead.add(memory.pointer, bytes: 64, stride: 0, segments: 1)
    #expect(place() == [1, 0, 0])
    ahead.clear()
    #expect(place() == [0, 0, 0])
  }

  /// Results that are far are asked for as well, before what lies ahead: neither
  /// changes them, whether a tile has steps enough for both or not.
  @Test(arguments: [1, 5, 20, 512], Precision.allCases)
  func farResultsAreTheSame(inputs: Int, precision: Precision) {
    let (rows, outputs) = (1000, 40)
    let packed = PackedMatrix(
      sample("w", outputs * inputs), inputs: inputs, outputs: outputs, precision: precision)
    let x = sample("x", rows * inputs)
    let before = sample("before", rows * outputs)
    var expected: [Float] = []
    for row in 0..<rows {
      var y = Array(before[(row * outputs)..<((row + 1) * outputs)])
      y.withUnsafeMutableBufferPointer {
        matmul(
          $0.baseAddress!, Array(x[(row * inputs)..<((row + 1) * inputs)]), packed, rows: 1,
          adding: $0.baseAddress!)
      }
      expected += y
    }
    let memory = FloatBuffer(count: 1 << 16)
    let ahead = ReadAhead(sequences: 4)
    for part in 1...8 {
      ahead.add(memory.pointer, bytes: 64 * part, stride: 1024, segments: 9 - part)
    }
    var all = before
    all.withUnsafeMutableBufferPointer {
      matmul($0.baseAddress!, x, packed, rows: rows, adding: $0.baseAddress!, ahead: ahead)
    }
    #expect(all.map(\.bitPattern) == expected.map(\.bitPattern))
    let walk = ahead.walk.pointee
    if inputs == 512 { #expect(walk.part! == walk.end) }
  }

  /// From the first part on that there is no room for, nothing is taken.
  @Test func whatIsTooMuchIsLeftOut() {
    let memory = FloatBuffer(count: 16)
    let ahead = ReadAhead(sequences: 2)
    func parts() -> Int { ahead.walk.pointee.end - ahead.walk.pointee.part! }
    ahead.add(memory.pointer, bytes: 8 << 20, stride: 0, segments: 1)
    ahead.add(memory.pointer, bytes: 3 << 20, stride: 0, segments: 2)
    ahead.add(memory.pointer, bytes: 64, stride: 0, segments: 1)
    #expect(parts() == 1)
    ahead.clear()
    for _ in 0..<5 { ahead.add(memory.pointer, bytes: 64, stride: 0, segments: 1) }
    #expect(parts() == 4)
  }
}
