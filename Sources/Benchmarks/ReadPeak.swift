internal import Kernels

/// The most that this machine reads from memory.
enum ReadPeak {
  /// Far more than any cache holds.
  private static let bytes = 1 << 30
  private static let trials = 8

  /// Bytes a second, all lanes reading parts of their own: the fastest of
  /// several trials.
  static func measure(lanes: Int) -> Double {
    let buffer = FloatBuffer(count: bytes / MemoryLayout<Float>.stride)
    let sums = FloatBuffer(count: lanes)
    let seconds = (0..<trials).map { _ in
      let start = ContinuousClock.now
      Lanes.run(lanes) { lane in
        let part = buffer.count * lane / lanes..<buffer.count * (lane + 1) / lanes
        sums[lane] = sum(buffer.pointer + part.lowerBound, count: part.count)
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    precondition((0..<lanes).allSatisfy { sums[$0] == 0 }, "a sum of zeros is not zero")
    return Double(bytes) / seconds.min()!
  }

  /// With loads enough under way that memory and not the adder is waited for.
  private static func sum(_ x: UnsafePointer<Float>, count: Int) -> Float {
    var sums = (SIMD16<Float>.zero, SIMD16<Float>.zero)
    let raw = UnsafeRawPointer(x)
    let size = MemoryLayout<SIMD16<Float>>.stride
    for pair in 0..<count * MemoryLayout<Float>.stride / (2 * size) {
      let offset = pair &* 2 &* size
      sums.0 += raw.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
      sums.1 += raw.loadUnaligned(fromByteOffset: offset &+ size, as: SIMD16<Float>.self)
    }
    return (sums.0 + sums.1).sum()
  }
}
