import Foundation
import Testing

@testable import Kernels

@Suite struct LanesTests {
  private struct Failed: Error, Equatable {
    var lane: Int
  }

  @Test(arguments: [1, 2, 5])
  func everyLaneRunsOnceAndLaneZeroIsTheCaller(count: Int) {
    let caller = pthread_self()
    for _ in 0..<50 {
      let buffer = FloatBuffer(count: count)
      Lanes.run(count) { lane in
        buffer.pointer[lane] += 1
        if lane == 0 && pthread_equal(caller, pthread_self()) == 0 { buffer.pointer[0] = -1 }
        if lane > 0 && pthread_equal(caller, pthread_self()) != 0 { buffer.pointer[0] = -1 }
      }
      #expect((0..<count).allSatisfy { buffer[$0] == 1 })
    }
  }

  @Test func theLowestLanesErrorIsThrownAfterAllHaveEnded() {
    let ended = FloatBuffer(count: 4)
    #expect(throws: Failed(lane: 1)) {
      try Lanes.run(4) { lane in
        if lane == 2 { throw Failed(lane: 2) }
        usleep(2000)
        ended.pointer[lane] = 1
        if lane == 1 { throw Failed(lane: 1) }
      }
    }
    #expect((0..<4).map { ended[$0] } == [1, 1, 0, 1])
    // And the threads are fit for more.
    Lanes.run(4) { ended.pointer[$0] = 7 }
    #expect((0..<4).allSatisfy { ended[$0] == 7 })
  }

  @Test func nestingStopsTheProgram() async {
    await #expect(processExitsWith: .failure) {
      Lanes.run(2) { lane in
        if lane == 1 { Lanes.run(2) { _ in } }
      }
    }
  }

  @Test func lanesGiveTheResultsOfOneThread() {
    let (rows, inputs, outputs) = (24, 256, 256)
    let x = sample("x", rows * inputs)
    let w = sample("w", inputs * outputs)
    let alone = FloatBuffer(count: rows * outputs)
    let packed = PackedMatrix(w, inputs: inputs, outputs: outputs)
    matmul(alone.pointer, x, packed, rows: rows)
    let results = (0..<4).map { _ in FloatBuffer(count: rows * outputs) }
    for _ in 0..<20 {
      Lanes.run(4) { lane in
        matmul(results[lane].pointer, x, packed, rows: rows)
      }
      for result in results {
        #expect(memcmp(result.pointer, alone.pointer, 4 * alone.count) == 0)
      }
    }
  }
}

@Suite struct FloatBufferTests {
  @Test(arguments: [0, 1, 100, 3 << 20])
  func isZeroedAndAligned(count: Int) {
    let buffer = FloatBuffer(count: count)
    #expect(buffer.count == count)
    #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
    #expect((0..<count).allSatisfy { buffer[$0] == 0 })
    guard count > 0 else { return }
    buffer[count - 1] = 3
    #expect(buffer[count - 1] == 3)
    buffer.zero()
    #expect(buffer[count - 1] == 0)
  }
}
