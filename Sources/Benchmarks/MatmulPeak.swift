internal import Kernels

/// The most that this machine's matrix products reach.
enum MatmulPeak {
  private static let size = 1024
  private static let products = 4
  private static let trials = 8

  /// Operations a second in float32, all lanes multiplying matrices of their own
  /// that are large, but fit into the cache: the fastest of several trials.
  static func measure(lanes: Int) -> Double {
    let matrices = (0..<lanes).map { _ in
      (0..<3).map { _ in FloatBuffer(count: size * size) }
    }
    for buffer in matrices.joined() {
      for index in 0..<buffer.count { buffer[index] = Float(index % 7) - 3 }
    }
    let operations = Double(lanes * products) * 2 * Double(size * size * size)
    let seconds = (0..<trials).map { _ in
      let start = ContinuousClock.now
      Lanes.run(lanes) { lane in
        let (y, x, w) = (matrices[lane][0], matrices[lane][1], matrices[lane][2])
        for _ in 0..<products {
          // Always by OpenBLAS, while `matmul` may choose kernels of our own.
          matmulBackwardInput(
            y.pointer, x.pointer, w.pointer, rows: size, inputs: size, outputs: size,
            accumulate: false)
        }
      }
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return operations / seconds.min()!
  }
}
