/// Rows that matrix products will multiply, made piece by piece, perhaps by several
/// threads: in float32 a matrix; in bfloat16 the rounded numbers of one that is never
/// there as a whole, made a few rows at a time.
public struct ProductInput {
  public let width: Int
  public let precision: Precision
  private let memory: FloatPointer

  /// Rows of `width` numbers in `memory`, which has room for `count` numbers.
  public init(_ memory: FloatPointer, width: Int, precision: Precision) {
    self.memory = memory
    self.width = width
    self.precision = precision
  }

  /// Numbers that `rows` rows take.
  public static func count(rows: Int, width: Int, precision: Precision) -> Int {
    precision == .float32
      ? rows * width
      : ProductRows.scratchCount(rows: rows, width: width, precision: precision)
  }

  /// The first `count` rows, to multiply once all their pieces have been made.
  public func rows(_ count: Int) -> ProductRows {
    switch precision {
    case .float32: ProductRows(memory, rows: count, width: width)
    case .bfloat16: ProductRows(rounded: memory, rows: count, width: width)
    }
  }

  /// Makes some columns (default: all) of some rows from what `write` writes to
  /// `out`, whose rows are `stride` apart. It is called for all of the rows in rising
  /// order: in bfloat16 for `atOnce` of them at a time, and `out` is then `scratch`,
  /// room for so many rows of the columns. Columns begin at an even number, and end at
  /// one or at the width.
  public func make(
    _ rows: Range<Int>, columns: Range<Int>? = nil, atOnce: Int, scratch: FloatPointer,
    _ write: (_ out: FloatPointer, _ stride: Int, _ rows: Range<Int>) -> Void
  ) {
    let columns = columns ?? 0..<width
    precondition(
      columns.lowerBound >= 0 && columns.upperBound <= width && columns.lowerBound % 2 == 0
        && (columns.upperBound % 2 == 0 || columns.upperBound == width),
      "columns \(columns) of \(width) cut a pair or are not there")
    switch precision {
    case .float32:
      write(memory + rows.lowerBound * width + columns.lowerBound, width, rows)
    case .bfloat16:
      let all = self.rows(rows.upperBound)
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: atOnce) {
        let some = first..<min(first + atOnce, rows.upperBound)
        write(scratch, columns.count, some)
        KernelMeter.count(.rounding) {
          all.round(scratch, some, columns: columns, into: memory)
        }
      }
    }
  }

  /// Writes row `source` over row `target`.
  public func copyRow(_ source: Int, to target: Int) {
    let row = Self.count(rows: 1, width: width, precision: precision)
    UnsafeMutableRawPointer(memory + target * row).copyMemory(
      from: memory + source * row, byteCount: row * MemoryLayout<Float>.stride)
  }
}
