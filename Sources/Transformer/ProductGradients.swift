internal import Kernels

/// Gradients of the products of one pass, in the pass's precision.
struct ProductGradients {
  let precision: Precision
  let rows: Int
  let regions: TrainingWorkspace.Regions

  /// What products multiplied, as the gradient of a weight reads it.
  enum Input {
    case float32(ConstFloatPointer)
    case bfloat16(RoundedColumns)
  }

  /// `x`: `[R, width]`. Read, or its rounded copy is, until the next call.
  func input(_ x: ConstFloatPointer, width: Int) -> Input {
    switch precision {
    case .float32: .float32(x)
    case .bfloat16:
      .bfloat16(
        RoundedColumns(
          x, as: .input, rows: rows, width: width, scratch: regions.roundedInput))
    }
  }

  /// The gradients of y = x Wᵀ from dy, `[R, O]`: adds to `dw`, `[O, I]`, and
  /// writes or adds to `dx`, `[R, I]`. `w`: `[O, I]`, for float32; `transpose`:
  /// the same, packed for going back, for bfloat16.
  func multiply(
    _ dy: ConstFloatPointer, outputs: Int, _ x: Input, inputs: Int, into dw: FloatPointer,
    _ dx: FloatPointer, _ w: ConstFloatPointer, _ transpose: PackedMatrix?,
    accumulate: Bool = false
  ) {
    switch x {
    case .float32(let x):
      matmulBackwardWeight(dw, dy, x, rows: rows, inputs: inputs, outputs: outputs)
      matmulBackwardInput(
        dx, dy, w, rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
    case .bfloat16(let x):
      guard let transpose else {
        preconditionFailure("forward was not told that backward would follow")
      }
      let columns = RoundedColumns(
        dy, as: .outputGradient, rows: rows, width: outputs, scratch: regions.roundedGradient)
      matmulBackwardWeight(dw, columns, x)
      let rounded = ProductRows(
        dy, rows: rows, width: outputs, precision: precision, scratch: regions.roundedRows)
      matmul(dx, rounded, transpose, accumulate: accumulate)
    }
  }
}
