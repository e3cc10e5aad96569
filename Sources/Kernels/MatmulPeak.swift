/// The most that this machine's matrix products reach.
public enum MatmulPeak {
  /// Operations a second, all lanes multiplying square matrices of their own: the
  /// fastest of several trials. In float32 the better of OpenBLAS and of our own
  /// kernels. `size`: rows of a matrix; 1,024 fills caches but not memory, and
  /// takes about half a second. `BLAS.load()` must have succeeded.
  public static func measure(
    _ precision: Precision, lanes: Int, size: Int = 1024, trials: Int = 8
  ) -> Double {
    let benches = (0..<lanes).map { _ in Bench(precision, size: size) }
    let ways: [@Sendable (Bench) -> Void] =
      precision == .float32
      ? [{ $0.multiplyPacked() }, { $0.multiplyByLibrary() }]
      : [{ $0.multiplyPacked() }]
    // Enough at a time for a lane to take milliseconds.
    let products = max(1, (1 << 30) / (size * size * size))
    var best = Duration.seconds(1_000_000)
    for way in ways {
      for _ in 0..<trials {
        let start = ContinuousClock.now
        Lanes.run(lanes) { lane in
          for _ in 0..<products { way(benches[lane]) }
        }
        best = min(best, ContinuousClock.now - start)
      }
    }
    let operations = Double(lanes * products) * 2 * Double(size * size * size)
    return operations / (best / .seconds(1))
  }

  /// One lane's matrices.
  private final class Bench: Sendable {
    private let size: Int
    private let y, x, w, scratch: FloatBuffer
    private let packed: PackedMatrix

    init(_ precision: Precision, size: Int) {
      self.size = size
      y = FloatBuffer(count: size * size)
      x = FloatBuffer(count: size * size)
      w = FloatBuffer(count: size * size)
      for buffer in [x, w] {
        for index in 0..<buffer.count { buffer[index] = Float(index % 7) - 3 }
      }
      scratch = FloatBuffer(
        count: ProductRows.scratchCount(rows: size, width: size, precision: precision))
      packed = PackedMatrix(w.pointer, inputs: size, outputs: size, precision: precision)
    }

    func multiplyPacked() {
      let rows = ProductRows(
        x.pointer, rows: size, width: size, precision: packed.precision,
        scratch: scratch.pointer)
      matmul(y.pointer, rows, packed)
    }

    func multiplyByLibrary() {
      sgemm(
        y.pointer, x.pointer, transposing: false, w.pointer, rows: size, columns: size,
        depth: size, adding: false)
    }
  }
}
