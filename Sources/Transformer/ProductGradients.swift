internal import Kernels

/// Gradients of products of R rows each, in the pass's precision.
struct ProductGradients {
  let precision: Precision
  let rows: Int
  let regions: TrainingWorkspace.Regions

  /// What forward left of a factor `[R, width]` in `memory`.
  func input(_ memory: ConstFloatPointer, width: Int) -> ProductColumns {
    ProductColumns(memory, as: .input, rows: rows, width: width, precision: precision)
  }

  /// The gradient `dy` of a product, `[R, width]`, whose rows `prepare` brings up to
  /// date. Valid until the next.
  func output(
    _ dy: ConstFloatPointer, width: Int, preparing prepare: (Range<Int>) -> Void = { _ in }
  ) -> ProductFactor {
    ProductFactor(
      .outputGradient, of: dy, rows: rows, width: width, precision: precision, in: memory.0,
      preparing: prepare)
  }

  /// The gradients of two products, `[R, width]` each, that `write` writes to two
  /// places. Valid until the next.
  func outputs(
    width: Int, writing write: (FloatPointer, FloatPointer, Range<Int>) -> Void
  ) -> (ProductFactor, ProductFactor) {
    ProductFactor.pair(
      .outputGradient, rows: rows, width: width, precision: precision, in: memory.0, memory.1,
      writing: write)
  }

  private var memory: (ProductFactor.Memory, ProductFactor.Memory) {
    (
      ProductFactor.Memory(columns: regions.gradientColumns, scratch: regions.factorRows),
      ProductFactor.Memory(
        columns: regions.otherGradientColumns, scratch: regions.otherFactorRows)
    )
  }

  /// The gradients of y = x Wᵀ: adds to `dw`, `[O, I]`, and writes or adds to `dx`,
  /// `[R, I]`. `transpose`: of W.
  func multiply(
    _ dy: ProductFactor, _ x: ProductColumns, into dw: FloatPointer, _ dx: FloatPointer,
    _ transpose: PackedMatrix, accumulate: Bool = false
  ) {
    matmulBackwardWeight(dw, dy.columns, x)
    matmul(dx, dy.rows, transpose, adding: accumulate ? dx : nil)
  }
}
