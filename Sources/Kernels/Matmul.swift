internal import CKernels

// Gradients of products by a weight matrix, y = x Wᵀ (`matmul`). Letters: R rows,
// I inputs, O outputs; everything row-major.

private let rowMajor: Int32 = 101
private let plain: Int32 = 111
private let transposed: Int32 = 112

/// dx (+)= dy W, the gradient of `matmul` by its input, in float32. `dx`: `[R,
/// I]`, `dy`: `[R, O]`, `w`: `[O, I]`. In bfloat16 it is `matmul` by
/// `PackedMatrix(w, …, transposing: true)`.
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

/// dW += dyᵀ x, the gradient of `matmul` by its weight, in float32. `dw`: `[O,
/// I]`, `dy`: `[R, O]`, `x`: `[R, I]`.
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

/// A matrix rounded to bfloat16 with pairs along its rows' index, as products
/// over the rows read it: made once for all products of the same rows.
public struct RoundedColumns {
  /// Which factor of `matmulBackwardWeight` it is.
  public enum Factor { case outputGradient, input }

  let factor: Factor
  let rows, width: Int
  let words: PairPointer

  /// `x`: `[R, width]`. The rounded numbers are written to `scratch`,
  /// `scratchCount` numbers.
  public init(
    _ x: ConstFloatPointer, as factor: Factor, rows: Int, width: Int, scratch: FloatPointer
  ) {
    self.factor = factor
    self.rows = rows
    self.width = width
    words = pairs(scratch)
    KernelMeter.count(.rounding) {
      solon_round_columns(pairs(scratch), Self.block(factor), x, width, rows, width)
    }
  }

  /// Numbers that `init` needs as scratch.
  public static func scratchCount(as factor: Factor, rows: Int, width: Int) -> Int {
    roundUp(width, to: block(factor)) * ((rows + 1) / 2)
  }

  private static func block(_ factor: Factor) -> Int {
    switch factor {
    case .outputGradient: solon_row_block
    case .input: panelWidth
    }
  }
}

/// dW += dyᵀ x in bfloat16. `dw`: `[O, I]`; `dy` and `x`: the columns of `[R, O]`
/// and `[R, I]`.
public func matmulBackwardWeight(
  _ dw: FloatPointer, _ dy: RoundedColumns, _ x: RoundedColumns
) {
  precondition(
    dy.factor == .outputGradient && x.factor == .input && dy.rows == x.rows,
    "columns made for another place, or of other rows")
  guard x.rows > 0 else { return }
  let block = solon_row_block
  let depth = (x.rows + 1) / 2
  KernelMeter.count(.matmul) {
    solon_product_bfloat16(
      dw, x.width,
      solon_rows(data: dy.words, block: block * depth, row: 1, step: block), x.words,
      depth * panelWidth, dy.width, depth, x.width, 1)
  }
}
