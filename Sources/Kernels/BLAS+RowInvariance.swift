extension BLAS {
  /// Proves for this machine what `rowQuantum` promises, by comparing `matmul`
  /// of few rows with that of many, bit by bit: at each of `shapes` (inputs,
  /// outputs), for several row counts, and with the rows at other places.
  /// Takes a few milliseconds with the standard shapes.
  public static func verifyRowInvariance(
    shapes: [(inputs: Int, outputs: Int)] = standardShapes
  ) throws(KernelError) {
    try load()
    for shape in shapes {
      let failure = rowsDiffer(
        inputs: shape.inputs, outputs: shape.outputs,
        by: matmul(_:_:_:rows:inputs:outputs:accumulate:))
      guard let failure else { continue }
      throw KernelError(
        "matmul of \(shape.inputs) inputs and \(shape.outputs) outputs: "
          + "\(failure.rows) rows from row \(failure.offset) differ from the same rows "
          + "among \(checkRows), with OpenBLAS kernels \(coreName); set "
          + "OPENBLAS_CORETYPE to another name, or unset it")
    }
  }

  /// One shape for each way a product is cut up: narrow, just not narrow, odd,
  /// and longer than one block of inputs.
  public static var standardShapes: [(inputs: Int, outputs: Int)] {
    [(33, 7), (64, 100), (33, 101), (256, 128), (256, 256), (704, 256), (256, 704)]
  }

  typealias Product = (
    FloatPointer, ConstFloatPointer, ConstFloatPointer, Int, Int, Int, Bool
  ) -> Void

  private static let checkRows = 10 * 12

  /// The first row count and offset at which `product` disagrees with itself.
  static func rowsDiffer(
    inputs: Int, outputs: Int, by product: Product
  ) -> (rows: Int, offset: Int)? {
    let x = FloatBuffer(count: checkRows * inputs)
    let w = FloatBuffer(count: outputs * inputs)
    let all = FloatBuffer(count: checkRows * outputs)
    let some = FloatBuffer(count: checkRows * outputs)
    fill(x, from: 1)
    fill(w, from: 2)
    product(all.pointer, x.pointer, w.pointer, checkRows, inputs, outputs, false)
    for rows in [12, 24, 36, 60] {
      for offset in [0, 1, 6, 12, 31] {
        product(
          some.pointer, x.pointer + offset * inputs, w.pointer, rows, inputs, outputs, false)
        let expected = all.pointer + offset * outputs
        for i in 0..<(rows * outputs)
        where some[i].bitPattern != expected[i].bitPattern {
          return (rows, offset)
        }
      }
    }
    return nil
  }

  /// Numbers in [-1, 1) with full mantissas, from a linear congruence (Knuth's
  /// MMIX constants).
  private static func fill(_ buffer: FloatBuffer, from seed: UInt64) {
    var state = seed
    for i in 0..<buffer.count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer.pointer[i] = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
  }
}
