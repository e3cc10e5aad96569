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
    self.rows = rows
    self.width = width
    self.precision = precision
    let block = solon_row_block
    switch precision {
    case .float32:
      operand = solon_rows(data: x, block: block * width, row: width, step: 1)
    case .bfloat16:
      guard let scratch else { preconditionFailure("rounding rows needs scratch") }
      let stride = Self.roundedStride(width)
      KernelMeter.count(.rounding) {
        solon_round_rows(pairs(scratch), stride, x, width, rows, width)
      }
      operand = solon_rows(data: scratch, block: block * stride, row: stride, step: 1)
    }
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
