internal import CKernels

/// A matrix `[R, width]` that products multiply by its rows, y = x Wᵀ, and whose
/// columns the gradient of W reads. In float32 both are the matrix itself. In
/// bfloat16 they are two rounded copies, made a few rows at a time while these are
/// in the first cache; then the matrix itself need not be anywhere.
public struct ProductFactor {
  /// For products: y = x Wᵀ, or dx = dy W by the transpose.
  public let rows: ProductRows
  /// For the gradient of W.
  public let columns: ProductColumns

  /// What a factor is made in.
  public struct Memory {
    let columns: FloatPointer
    let scratch: FloatPointer
    let keepsColumns: Bool

    /// `columns`: `ProductColumns.count` numbers. `scratch`: `scratchCount`
    /// numbers, which in bfloat16 hold the rows. `keepsColumns`: whether a
    /// gradient will read the columns.
    public init(columns: FloatPointer, scratch: FloatPointer, keepsColumns: Bool = true) {
      self.columns = columns
      self.scratch = scratch
      self.keepsColumns = keepsColumns
    }
  }

  /// Numbers of scratch for `[rows, width]`.
  public static func scratchCount(rows: Int, width: Int, precision: Precision) -> Int {
    precision == .float32
      ? 0
      : ProductRows.scratchCount(rows: rows, width: width, precision: precision)
        + group * width
  }

  /// Rows that are rounded at a time: an even number.
  private static let group = 8

  /// Of the matrix `x`, whose rows `prepare` may first bring up to date; it is
  /// called for all rows in rising order. In float32 `x` is read until the last
  /// product, and the columns' memory is not used.
  public init(
    _ place: ProductColumns.Place, of x: ConstFloatPointer, rows: Int, width: Int,
    precision: Precision, in memory: Memory, preparing prepare: (Range<Int>) -> Void = { _ in }
  ) {
    switch precision {
    case .float32:
      prepare(0..<rows)
      self.init(x, place, rows: rows, width: width)
    case .bfloat16:
      self.init(place, rows: rows, width: width, in: memory)
      Self.inGroups(rows) { range in
        prepare(range)
        round(x + range.lowerBound * width, range, memory)
      }
    }
  }

  /// Of what `write` writes: `[range.count, width]`, for all rows in rising order.
  public init(
    _ place: ProductColumns.Place, rows: Int, width: Int, precision: Precision,
    in memory: Memory, writing write: (FloatPointer, Range<Int>) -> Void
  ) {
    switch precision {
    case .float32:
      write(memory.columns, 0..<rows)
      self.init(memory.columns, place, rows: rows, width: width)
    case .bfloat16:
      self.init(place, rows: rows, width: width, in: memory)
      let block = memory.scratch + self.rows.scratchCount
      Self.inGroups(rows) { range in
        write(block, range)
        round(block, range, memory)
      }
    }
  }

  /// Two of what `write` writes to two places at once, of one size.
  public static func pair(
    _ place: ProductColumns.Place, rows: Int, width: Int, precision: Precision,
    in first: Memory, _ second: Memory,
    writing write: (FloatPointer, FloatPointer, Range<Int>) -> Void
  ) -> (ProductFactor, ProductFactor) {
    switch precision {
    case .float32:
      write(first.columns, second.columns, 0..<rows)
      return (
        ProductFactor(first.columns, place, rows: rows, width: width),
        ProductFactor(second.columns, place, rows: rows, width: width)
      )
    case .bfloat16:
      let a = ProductFactor(place, rows: rows, width: width, in: first)
      let b = ProductFactor(place, rows: rows, width: width, in: second)
      let (blockA, blockB) = (
        first.scratch + a.rows.scratchCount, second.scratch + b.rows.scratchCount
      )
      inGroups(rows) { range in
        write(blockA, blockB, range)
        a.round(blockA, range, first)
        b.round(blockB, range, second)
      }
      return (a, b)
    }
  }

  /// A float32 matrix.
  private init(_ x: ConstFloatPointer, _ place: ProductColumns.Place, rows: Int, width: Int) {
    self.rows = ProductRows(x, rows: rows, width: width)
    columns = ProductColumns(x, as: place, rows: rows, width: width, precision: .float32)
  }

  /// Room for a rounded matrix.
  private init(_ place: ProductColumns.Place, rows: Int, width: Int, in memory: Memory) {
    self.rows = ProductRows(rounded: memory.scratch, rows: rows, width: width)
    columns = ProductColumns(
      memory.columns, as: place, rows: rows, width: width, precision: .bfloat16)
  }

  private static func inGroups(_ rows: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: rows, by: group) {
      body(start..<min(start + group, rows))
    }
  }

  /// Rounds `x`, the matrix's rows of `range`.
  private func round(_ x: ConstFloatPointer, _ range: Range<Int>, _ memory: Memory) {
    let width = rows.width
    KernelMeter.count(.rounding) {
      rows.round(x, range, into: memory.scratch)
      guard memory.keepsColumns else { return }
      let blockWidth = ProductColumns.blockWidth(columns.place)
      let block = (rows.rows + 1) / 2 * blockWidth
      solon_round_columns(
        pairs(memory.columns) + range.lowerBound / 2 * blockWidth, blockWidth, block, x, width,
        range.count, width)
    }
  }
}
