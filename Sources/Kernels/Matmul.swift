// Products by a weight matrix, with their backward products below. Letters: R
// rows, I inputs, O outputs; everything row-major.

private let rowMajor: Int32 = 101
private let plain: Int32 = 111
private let transposed: Int32 = 112

/// y (+)= x Wᵀ. `y`: `[R, O]`, `x`: `[R, I]`, `w`: `[O, I]`. With `rows` a
/// multiple of `BLAS.rowQuantum` each row of `y` depends, to the last bit, only
/// on its row of `x` and on `w`: not on the other rows, on how many they are,
/// nor on its place among them.
public func matmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: ConstFloatPointer,
  rows: Int, inputs: Int, outputs: Int, accumulate: Bool = false
) {
  guard rows > 0 else { return }
  let library = BLAS.loaded
  KernelMeter.count(.matmul) {
    if outputs < narrowOutputs || !library.rowsAreIndependent {
      tiledMatmul(
        y, x, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
    } else {
      library.multiply(
        y, x, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
    }
  }
}

/// Below this many outputs `matmul` does not call OpenBLAS: for results of up
/// to 1,200 elements the SkylakeX kernels take another path with other
/// rounding, which `BLAS.rowQuantum` (12) rows of 101 outputs are beyond.
let narrowOutputs = 101

extension BLAS.Library {
  /// `matmul` by OpenBLAS, whatever its kernels do with rows. Rows of `y` begin
  /// `rowStride` numbers apart, by default `outputs`.
  func multiply(
    _ y: FloatPointer, rowStride: Int? = nil, _ x: ConstFloatPointer,
    _ w: ConstFloatPointer, rows: Int, inputs: Int, outputs: Int, accumulate: Bool
  ) {
    sgemm(
      rowMajor, plain, transposed, Int32(rows), Int32(outputs), Int32(inputs),
      1, x, Int32(inputs), w, Int32(inputs), accumulate ? 1 : 0, y,
      Int32(rowStride ?? outputs))
  }
}

/// dx (+)= dy W, the gradient of `matmul` by its input. `dx`: `[R, I]`, `dy`:
/// `[R, O]`, `w`: `[O, I]`.
public func matmulBackwardInput(
  _ dx: FloatPointer, _ dy: ConstFloatPointer, _ w: ConstFloatPointer,
  rows: Int, inputs: Int, outputs: Int, accumulate: Bool = true
) {
  guard rows > 0 else { return }
  KernelMeter.count(.matmul) {
    BLAS.loaded.sgemm(
      rowMajor, plain, plain, Int32(rows), Int32(inputs), Int32(outputs),
      1, dy, Int32(outputs), w, Int32(inputs), accumulate ? 1 : 0, dx, Int32(inputs))
  }
}

/// dW += dyᵀ x, the gradient of `matmul` by its weight. `dw`: `[O, I]`, `dy`:
/// `[R, O]`, `x`: `[R, I]`.
public func matmulBackwardWeight(
  _ dw: FloatPointer, _ dy: ConstFloatPointer, _ x: ConstFloatPointer,
  rows: Int, inputs: Int, outputs: Int
) {
  guard rows > 0 else { return }
  KernelMeter.count(.matmul) {
    BLAS.loaded.sgemm(
      rowMajor, transposed, plain, Int32(outputs), Int32(inputs), Int32(rows),
      1, dy, Int32(outputs), x, Int32(inputs), 1, dw, Int32(inputs))
  }
}

/// y[r, :] += bias for each row. `y`: `[R, O]`, `bias`: `[O]`.
public func addBias(
  _ y: FloatPointer, _ bias: ConstFloatPointer, rows: Int, outputs: Int
) {
  for r in 0..<rows { addInto(y + r * outputs, bias, count: outputs) }
}

/// dbias += Σ over rows of dy. `dbias`: `[O]`, `dy`: `[R, O]`.
public func biasBackward(
  _ dbias: FloatPointer, _ dy: ConstFloatPointer, rows: Int, outputs: Int
) {
  for r in 0..<rows { addInto(dbias, dy + r * outputs, count: outputs) }
}
