// The gradient of products by a weight matrix, y = x Wᵀ (`matmul`), by their
// input; that by the weight is beside `ProductColumns`. Letters: R rows, I inputs,
// O outputs; everything row-major.

private let rowMajor: Int32 = 101
private let plain: Int32 = 111
private let transposed: Int32 = 112

/// dx (+)= dy W, the gradient of `matmul` by its input, in float32. `dx`: `[R,
/// I]`, `dy`: `[R, O]`, `w`: `[O, I]`. In bfloat16 it is `matmul` by
/// `PackedMatrix(w, …, transposing: true)`.
public func matmulBackwardInput(
  _ dx: FloatPointer, _ dy: ProductRows, _ w: ConstFloatPointer, inputs: Int,
  accumulate: Bool = true
) {
  precondition(dy.precision == .float32, "rounded rows are multiplied by a packed transpose")
  guard dy.rows > 0 else { return }
  KernelMeter.count(.matmul) {
    sgemm(
      dx, dy.matrix, transposing: false, w, rows: dy.rows, columns: inputs, depth: dy.width,
      accumulate: accumulate)
  }
}

/// C (+)= A B, or, transposing, Aᵀ B, by OpenBLAS. C: `[rows, columns]`; all are
/// row-major without gaps.
func sgemm(
  _ c: FloatPointer, _ a: ConstFloatPointer, transposing: Bool, _ b: ConstFloatPointer,
  rows: Int, columns: Int, depth: Int, accumulate: Bool
) {
  BLAS.loaded.sgemm(
    rowMajor, transposing ? transposed : plain, plain, Int32(rows), Int32(columns),
    Int32(depth), 1, a, Int32(transposing ? rows : depth), b, Int32(columns),
    accumulate ? 1 : 0, c, Int32(columns))
}
