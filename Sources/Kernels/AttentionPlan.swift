internal import CKernels

/// Query rows of a block: a multiple of the rows of a tile and of `vectorWidth`.
let queryBlock = 48
/// Query rows that are cut off at one diagonal: the rows of a tile.
let queryRows = Int(solon_row_block)

/// Working memory of the attention functions, one block per lane.
public enum AttentionScratch {
  /// The float32 count that `attention` and `attentionBackward` need for
  /// sequences of up to `maximumSequence` rows, in either precision.
  public static func scratchCount(
    maximumSequence: Int, heads: Int, keyValueHeads: Int, headDimension: Int
  ) -> Int {
    AttentionPlan(
      rows: maximumSequence, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension, precision: .float32
    ).scratchCount
  }
}

/// Sizes for one sequence, where each matrix lies in the scratch, and the
/// products by them in the precision asked for. Rounded matrices take half of
/// the room.
struct AttentionPlan {
  let rows: Int
  let share: Int
  let dimension: Int
  let queryWidth: Int
  let keyWidth: Int
  let precision: Precision
  let scaling: Float
  /// From one row of scores to the next: whole panels of keys and an odd number
  /// of cache lines, so that a tile's rows do not compete for places in the cache.
  let scoreStride: Int

  init(
    rows: Int, heads: Int, keyValueHeads: Int, headDimension: Int, precision: Precision
  ) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0,
      "\(heads) query heads cannot share \(keyValueHeads) key/value heads")
    self.rows = rows
    self.precision = precision
    share = heads / keyValueHeads
    dimension = headDimension
    queryWidth = heads * headDimension
    keyWidth = keyValueHeads * headDimension
    scaling = 1 / Float(headDimension).squareRoot()
    scoreStride = (Self.scoreColumns(rows) / vectorWidth | 1) * vectorWidth
  }

  /// Columns of scores that rows need whose keys end at `end`: whole panels.
  static func scoreColumns(_ end: Int) -> Int { roundUp(end, to: panelWidth) }

  // MARK: Memory

  /// A matrix `[T, D]` whose rows are a product's outputs.
  private var panelCount: Int { Self.scoreColumns(rows) * dimension }
  /// A matrix `[count, D]` whose rows a product sums over.
  private func columnCount(_ count: Int) -> Int {
    roundUp(dimension, to: panelWidth) * roundUp(count, to: 2)
  }
  private var scoreCount: Int { queryBlock * scoreStride }

  /// K and V for Q Kᵀ and dO Vᵀ.
  var keyPanels: Int { 0 }
  var valuePanels: Int { keyPanels + panelCount }
  /// V and K for P V and dS K.
  var valueColumns: Int { valuePanels + panelCount }
  var keyColumns: Int { valueColumns + columnCount(rows) }
  /// `[T, D]`.
  var keyGradient: Int { keyColumns + columnCount(rows) }
  var valueGradient: Int { keyGradient + rows * dimension }
  /// Of one block: queries and output gradients as rows and for sums over rows.
  var queryRows: Int { valueGradient + rows * dimension }
  var outRows: Int { queryRows + queryBlock * dimension }
  var queryColumns: Int { outRows + queryBlock * dimension }
  var outColumns: Int { queryColumns + columnCount(queryBlock) }
  /// `[48, scoreStride]`.
  var scores: Int { outColumns + columnCount(queryBlock) }
  var scoreGradient: Int { scores + scoreCount }
  /// Scores, rounded.
  var roundedScores: Int { scoreGradient + scoreCount }
  var rowValues: Int { roundedScores + scoreCount }
  var scratchCount: Int { rowValues + 2 * queryBlock }

  // MARK: Packing

  /// A `[count, D]` matrix, `stride` apart, as the outputs of a product.
  func packPanels(_ panels: FloatPointer, _ x: ConstFloatPointer, stride: Int, count: Int) {
    Kernels.packPanels(
      pairs(panels), x, stride: stride, rows: count, width: dimension, precision)
  }

  /// A `[count, D]` matrix, `stride` apart, for a product's sum over its rows.
  func packColumns(_ panels: FloatPointer, _ x: ConstFloatPointer, stride: Int, count: Int) {
    switch precision {
    case .float32: solon_copy_to_panels(pairs(panels), words(x), stride, count, dimension)
    case .bfloat16:
      solon_round_columns(
        pairs(panels), panelWidth, (count + 1) / 2 * panelWidth, x, stride, count, dimension)
    }
  }

  /// Up to a block of `[count, D]` rows, `stride` apart, as a product's rows.
  func rows(
    _ x: ConstFloatPointer, stride: Int, count: Int, scratch: FloatPointer
  ) -> solon_rows {
    switch precision {
    case .float32: return Self.operand(x, row: stride)
    case .bfloat16:
      let depth = (dimension + 1) / 2
      solon_round_rows(pairs(scratch), depth, x, stride, count, dimension)
      return Self.operand(scratch, row: depth)
    }
  }

  /// Rows of scores, as a product's rows; `width` of each are read.
  func scoreRows(
    _ scores: FloatPointer, count: Int, width: Int, scratch: FloatPointer
  ) -> solon_rows {
    switch precision {
    case .float32: return Self.operand(scores, row: scoreStride)
    case .bfloat16:
      solon_round_rows(
        pairs(scratch), scoreStride, scores, scoreStride, count, width)
      return Self.operand(scratch, row: scoreStride)
    }
  }

  /// The columns below `width` of rows of scores, as a product's rows.
  func scoreColumns(
    _ scores: FloatPointer, count: Int, width: Int, scratch: FloatPointer
  ) -> solon_rows {
    switch precision {
    case .float32:
      return solon_rows(data: scores, block: Kernels.queryRows, row: 1, step: scoreStride)
    case .bfloat16:
      let block = Kernels.queryRows
      let words = block * ((count + 1) / 2)
      solon_round_columns(pairs(scratch), block, words, scores, scoreStride, count, width)
      return solon_rows(data: scratch, block: words, row: 1, step: block)
    }
  }

  private static func operand(_ x: ConstFloatPointer, row: Int) -> solon_rows {
    solon_rows(data: x, block: Kernels.queryRows * row, row: row, step: 1)
  }

  // MARK: Products

  /// C (+)= A B over `count` rows of A and `columns` of B, whose depth is
  /// `depth` numbers; the panels have `panelDepth` numbers, or just those.
  func multiply(
    _ c: FloatPointer, _ cRow: Int, _ a: solon_rows, _ panels: ConstFloatPointer,
    count: Int, depth: Int, panelDepth: Int? = nil, columns: Int, accumulate: Bool = false
  ) {
    let panelDepth = panelDepth ?? depth
    switch precision {
    case .float32:
      solon_product_float32(
        c, cRow, a, panels, panelDepth * panelWidth, count, depth, columns,
        accumulate ? ConstFloatPointer(c) : nil, nil)
    case .bfloat16:
      solon_product_bfloat16(
        c, cRow, a, words(panels), (panelDepth + 1) / 2 * panelWidth, count,
        (depth + 1) / 2, columns, accumulate ? ConstFloatPointer(c) : nil, nil)
    }
  }

  /// `count` products of `rows` rows by one panel, whose depth is `depth` numbers.
  func multiply(
    _ products: UnsafePointer<solon_small_product>, _ count: Int, _ cRow: Int, aRow: Int,
    rows: Int, depth: Int
  ) {
    switch precision {
    case .float32:
      solon_small_products_float32(products, count, cRow, aRow, rows, depth)
    case .bfloat16:
      solon_small_products_bfloat16(products, count, cRow, aRow, rows, (depth + 1) / 2)
    }
  }

  /// Packed columns from row `first` on, an even number.
  func dropRows(_ first: Int, of columns: FloatPointer) -> FloatPointer {
    columns + first / (precision == .float32 ? 1 : 2) * panelWidth
  }
}

extension solon_rows {
  /// The same rows from row `first` on, a multiple of a tile's rows.
  func dropping(_ first: Int) -> solon_rows {
    var rest = self
    rest.data = data + first / Kernels.queryRows * block * 4
    return rest
  }
}

@inline(__always)
func roundUp(_ n: Int, to multiple: Int) -> Int {
  (n &+ multiple &- 1) / multiple &* multiple
}
