internal import CKernels

// Products by a weight matrix, and their gradients. Letters: R rows, I inputs, O
// outputs; everything row-major.

/// y = x Wᵀ, or that plus `addend`, which may be `y` itself. `y`, `addend`: `[R, O]`,
/// `x`: `[R, I]`. Each row of `y` depends, to the last bit, only on its row of `x` and
/// on the weights: not on the other rows, on how many they are, nor on its place among
/// them. `part`: whose outputs are computed. `ahead`: what to bring near meanwhile.
///
/// The gradient by the input, dx = dy W, is the product of dy by
/// `PackedMatrix(w, …, transposing: true)`.
public func matmul(
  _ y: FloatPointer, _ x: ProductRows, _ w: PackedMatrix, adding addend: ConstFloatPointer? = nil,
  part: LaneTeam.Member = .alone, ahead: ReadAhead? = nil
) {
  let outputs = w.outputs(of: part)
  matmul(
    y + outputs.lowerBound, rowStride: w.outputs, x, w, outputs: outputs,
    adding: addend.map { $0 + outputs.lowerBound }, ahead: ahead)
}

/// The same of some outputs alone, the first of which begins a panel: a multiple of
/// 32. `y`, `addend`: `[R, outputs.count]`, rows `rowStride` apart.
public func matmul(
  _ y: FloatPointer, rowStride: Int, _ x: ProductRows, _ w: PackedMatrix, outputs: Range<Int>,
  adding addend: ConstFloatPointer? = nil, ahead: ReadAhead? = nil
) {
  precondition(
    x.width == w.inputs && x.precision == w.precision,
    "\(x.precision) rows of \(x.width) by a \(w.precision) matrix of \(w.inputs) inputs")
  precondition(
    outputs.lowerBound % panelWidth == 0 && outputs.upperBound <= w.outputs,
    "outputs \(outputs) of \(w.outputs) begin inside a panel or are not there")
  guard x.rows > 0, !outputs.isEmpty else { return }
  let panels = w.panels + outputs.lowerBound * w.depth
  KernelMeter.count(.matmul) {
    switch w.precision {
    case .float32:
      solon_product_float32(
        y, rowStride, x.operand, panels, w.depth * panelWidth, x.rows, w.depth, outputs.count,
        addend, ahead?.walk)
    case .bfloat16:
      solon_product_bfloat16(
        y, rowStride, x.operand, pairs(panels), w.depth * panelWidth, x.rows, w.depth,
        outputs.count, addend, ahead?.walk)
    }
  }
}

/// dW += dyᵀ x, the gradient of `matmul` by its weight, in float32 by OpenBLAS. `dw`:
/// `[O, I]`; `dy` and `x`: the columns of `[R, O]` and `[R, I]`.
public func matmulBackwardWeight(
  _ dw: FloatPointer, _ dy: ProductColumns, _ x: ProductColumns
) {
  precondition(
    dy.place == .outputGradient && x.place == .input && dy.rows == x.rows
      && dy.precision == x.precision,
    "columns made for another place, or of other rows, or of another precision")
  guard x.rows > 0 else { return }
  KernelMeter.count(.matmul) {
    switch x.precision {
    case .float32:
      sgemm(
        dw, dy.memory, transposing: true, x.memory, rows: dy.width, columns: x.width,
        depth: x.rows, adding: true)
    case .bfloat16:
      let block = solon_row_block
      let depth = (x.rows + 1) / 2
      let rows = solon_rows(data: dy.memory, block: block * depth, row: 1, step: block)
      solon_product_bfloat16(
        dw, x.width, rows, words(x.memory), depth * panelWidth, dy.width, depth, x.width, dw,
        nil)
    }
  }
}

private let rowMajor: Int32 = 101
private let plain: Int32 = 111
private let transposed: Int32 = 112

/// C = A B, or, transposing, Aᵀ B, or that added to C, by OpenBLAS. C: `[rows,
/// columns]`; all are row-major without gaps.
func sgemm(
  _ c: FloatPointer, _ a: ConstFloatPointer, transposing: Bool, _ b: ConstFloatPointer,
  rows: Int, columns: Int, depth: Int, adding: Bool
) {
  BLAS.loaded.sgemm(
    rowMajor, transposing ? transposed : plain, plain, Int32(rows), Int32(columns),
    Int32(depth), 1, a, Int32(transposing ? rows : depth), b, Int32(columns),
    adding ? 1 : 0, c, Int32(columns))
}
