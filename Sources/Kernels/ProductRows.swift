internal import CKernels

/// Words of two bfloat16 numbers each, the first in the lower half.
public typealias PairPointer = UnsafeMutablePointer<UInt32>

/// Rows that matrix products multiply, in the order in which these read them:
/// made once for all products of the same rows.
public struct ProductRows {
  /// R and I.
  public let rows, width: Int
  public let precision: Precision
  let operand: solon_rows

  /// `x`: `[R, I]`, read until the last product. In bfloat16 the rounded rows
  /// are written to `scratch`, `scratchCount` numbers; in float32 it may be nil.
  public init(
    _ x: ConstFloatPointer, rows: Int, width: Int, precision: Precision,
    scratch: FloatPointer?
  ) {
    switch precision {
    case .float32: self.init(x, rows: rows, width: width)
    case .bfloat16:
      guard let scratch else { preconditionFailure("rounding rows needs scratch") }
      self.init(rounded: scratch, rows: rows, width: width)
      KernelMeter.count(.rounding) { round(x, 0..<rows, into: scratch) }
    }
  }

  /// Rows of a float32 matrix.
  init(_ x: ConstFloatPointer, rows: Int, width: Int) {
    self.rows = rows
    self.width = width
    precision = .float32
    operand = solon_rows(data: x, block: solon_row_block * width, row: width, step: 1)
  }

  /// Room for rounded rows in `scratch`.
  init(rounded scratch: FloatPointer, rows: Int, width: Int) {
    self.rows = rows
    self.width = width
    precision = .bfloat16
    let stride = Self.roundedStride(width)
    operand = solon_rows(data: scratch, block: solon_row_block * stride, row: stride, step: 1)
  }

  /// Rounds `x`, the matrix's rows of `range` and some of its columns (default: all),
  /// the first of which has an even number, into the room.
  func round(
    _ x: ConstFloatPointer, _ range: Range<Int>, columns: Range<Int>? = nil,
    into scratch: FloatPointer
  ) {
    let columns = columns ?? 0..<width
    let stride = Self.roundedStride(width)
    solon_round_rows(
      pairs(scratch) + range.lowerBound * stride + columns.lowerBound / 2, stride, x,
      columns.count, range.count, columns.count)
  }

  /// Numbers of scratch that these rows take.
  var scratchCount: Int {
    Self.scratchCount(rows: rows, width: width, precision: precision)
  }

  /// Numbers that `init` needs as scratch.
  public static func scratchCount(rows: Int, width: Int, precision: Precision) -> Int {
    precision == .float32 ? 0 : rows * roundedStride(width)
  }

  /// Words from one rounded row to the next: whole cache lines, and an odd
  /// number of them, for the rows of a tile would else compete for the same few
  /// places of the first cache.
  private static func roundedStride(_ width: Int) -> Int {
    ((width + 31) / 32 | 1) * 16
  }
}

/// The words in the memory of a `FloatBuffer`, which hold no float32 numbers.
func pairs(_ memory: FloatPointer) -> PairPointer {
  UnsafeMutableRawPointer(memory).assumingMemoryBound(to: UInt32.self)
}

func words(_ memory: ConstFloatPointer) -> UnsafePointer<UInt32> {
  UnsafeRawPointer(memory).assumingMemoryBound(to: UInt32.self)
}
