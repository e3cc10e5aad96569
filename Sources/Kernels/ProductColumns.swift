internal import CKernels

/// A matrix `[R, width]` in the order in which the gradient of a weight reads it,
/// which sums over its rows: made once for all products of the same rows.
public struct ProductColumns {
  /// Which factor of `matmulBackwardWeight` it is.
  public enum Place { case outputGradient, input }

  let place: Place
  let rows, width: Int
  let precision: Precision
  /// The matrix, in bfloat16 a rounded copy with pairs along the rows' index.
  let memory: ConstFloatPointer

  /// What a `ProductFactor` of these sizes has left in `memory`.
  public init(
    _ memory: ConstFloatPointer, as place: Place, rows: Int, width: Int, precision: Precision
  ) {
    self.place = place
    self.rows = rows
    self.width = width
    self.precision = precision
    self.memory = memory
  }

  /// Numbers that `memory` takes.
  public static func count(
    as place: Place, rows: Int, width: Int, precision: Precision
  ) -> Int {
    switch precision {
    case .float32: rows * width
    case .bfloat16: roundUp(width, to: blockWidth(place)) * ((rows + 1) / 2)
    }
  }

  /// Words of a block of rounded columns side by side.
  static func blockWidth(_ place: Place) -> Int {
    switch place {
    case .outputGradient: solon_row_block
    case .input: panelWidth
    }
  }
}
