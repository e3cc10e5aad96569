internal import CKernels

/// Query rows of a block: a multiple of the rows of a tile and of `vectorWidth`.
let queryBlock = 48
/// Query rows that are cut off at one diagonal: the rows of a tile. Where only a
/// sequence's last rows ask, the first of them is at a multiple of these.
public let attentionTileRows = Int(solon_row_block)

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
  /// The position of the first row that asks.
  let firstQuery: Int
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
    rows: Int, queries: Int? = nil, heads: Int, keyValueHeads: Int, headDimension: Int,
    precision: Precision
  ) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0,
      "\(heads) query heads cannot share \(keyValueHeads) key/value heads")
    self.rows = rows
    firstQuery = rows - (queries ?? rows)
    precondition(
      firstQuery >= 0 && firstQuery % attentionTileRows == 0,
      "\(queries ?? rows) of \(rows) rows ask: the first is no tile's first")
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
  /// Of one block: queries and output gradients as rows and for sums over rows.
  var queryRows: Int { keyColumns + columnCount(rows) }
  var outRows: Int { queryRows + queryBlock * dimension }
  var queryColumns: Int { outRows + queryBlock * dimension }
  var outColumns: Int { queryColumns + columnCount(queryBlock) }
  /// `[48, scoreStride]`: a tile's, or, going back in float32, a block's.
  var scores: Int { outColumns + columnCount(queryBlock) }
  var scoreGradient: Int { scores + scoreCount }
  /// What a tile's scores became, rounded: weights, or, going back, their gradients.
  var roundedScores: Int { scoreGradient + scoreCount }
  /// A block's weights and their gradients, rounded, as the rows of sums over queries.
  var weightColumns: Int { roundedScores + attentionTileRows * scoreStride }
  var gradientColumns: Int { weightColumns + keyRowCount }
  /// Two numbers for each row of a block.
  var rowValues: Int { gradientColumns + keyRowCount }
  var scratchCount: Int { rowValues + 2 * queryBlock }

  private var keyRowCount: Int {
    roundUp(Self.scoreColumns(rows), to: attentionTileRows) * queryBlock / 2
  }

  // MARK: Packing

  /// A `[count, D]` matrix, `stride` apart, as the outputs of a product.
  func packPanels(_ panels: FloatPointer, _ x: ConstFloatPointer, stride: Int, count: Int) {
    Kernels.packPanels(
      pairs(panels), x, stride: stride, rows: count, width: dimension, precision)
  }

  /// A `[count, D]` matrix, `stride` apart, for a product's sum over its rows.
  func packColumns(_ panels: FloatPointer, _ x: ConstFloatPointer, stride: Int, count: Int) {
    let pairCount = precision == .float32 ? count : (count + 1) / 2
    Kernels.packColumns(
      pairs(panels), block: pairCount * panelWidth, x, stride: stride, rows: count,
      width: dimension, precision)
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

  private static func operand(_ x: ConstFloatPointer, row: Int) -> solon_rows {
    solon_rows(data: x, block: attentionTileRows * row, row: row, step: 1)
  }

  // MARK: Reading ahead
  // The rows of one head lie too far apart for the processor to foresee them.

  /// Has the block of query rows brought near that comes next after row `first` of one
  /// head's matrices: the next head's first if that was the last.
  func prefetchQueries(after first: Int, _ matrices: ConstFloatPointer...) {
    let count = rows - firstQuery
    let (row, column) = first < count ? (first, 0) : (0, dimension)
    for x in matrices {
      prefetch(
        x + row * queryWidth + column, rows: min(queryBlock, count - row), stride: queryWidth)
    }
  }

  /// The same of a block's part of the next key/value head.
  func prefetchKeys(_ block: Range<Int>, _ k: ConstFloatPointer, _ v: ConstFloatPointer) {
    for x in [k, v] {
      prefetch(
        x + block.lowerBound * keyWidth + dimension, rows: block.count, stride: keyWidth)
    }
  }

  private func prefetch(_ x: ConstFloatPointer, rows: Int, stride: Int) {
    for r in 0..<rows {
      solon_prefetch(x + r * stride, dimension * MemoryLayout<Float>.stride)
    }
  }

  // MARK: Weights

  /// Weights from a tile's scores: e^(scaling · (score - top)), of which row r has
  /// the first `seen + r · step`; and each row's top and the sum of its weights.
  /// Returns the weights as a product's rows; in bfloat16 they are in `rounded`.
  func weigh(
    _ scores: FloatPointer, rows: Int, seen: Int, step: Int, columns: Int,
    tops: FloatPointer, totals: FloatPointer, rounded: FloatPointer
  ) -> solon_rows {
    switch precision {
    case .float32:
      solon_weigh_float32(
        scores, scoreStride, rows, seen, step, columns, scaling, tops, totals)
      return Self.operand(scores, row: scoreStride)
    case .bfloat16:
      solon_weigh(
        pairs(rounded), scoreStride, scores, scoreStride, rows, seen, step, columns, scaling,
        tops, totals)
      return Self.operand(rounded, row: scoreStride)
    }
  }

  /// The weights of a tile, rows `first..<first + rows` of a block of `count` that
  /// begins at position `start`, and scaling · weight · (gradient - delta), from
  /// scores and the weights' gradients, which are in the block's places in float32 and
  /// in the first ones in bfloat16. Both are then ready for `keyRows`; returned are the
  /// latter as a product's rows.
  func weighBackward(
    _ scratch: FloatPointer, first: Int, rows: Int, count: Int, start: Int, columns: Int,
    lse: ConstFloatPointer, delta: ConstFloatPointer
  ) -> solon_rows {
    let seen = start + first + 1
    switch precision {
    case .float32:
      let gradients = scratch + scoreGradient + first * scoreStride
      solon_weigh_backward_float32(
        scratch + scores + first * scoreStride, gradients, scoreStride, rows, seen, columns,
        scaling, lse, delta)
      return Self.operand(gradients, row: scoreStride)
    case .bfloat16:
      let rounded = scratch + roundedScores
      let offset = first / 2 * attentionTileRows
      var weights = solon_weights(
        gradient_rows: pairs(rounded), row: scoreStride,
        weight_columns: pairs(scratch + weightColumns) + offset,
        gradient_columns: pairs(scratch + gradientColumns) + offset, block: keyBlock(count))
      solon_weigh_backward(
        &weights, scratch + scores, scratch + scoreGradient, scoreStride, rows, seen, columns,
        scaling, lse, delta)
      return Self.operand(rounded, row: scoreStride)
    }
  }

  /// What `weighBackward` left of a block of `count` rows, its keys from `key` on as a
  /// product's rows, which sums over the block's rows from `row` on. Both are
  /// multiples of a tile's rows.
  func keyRows(
    _ kind: KeyGradient, _ scratch: FloatPointer, key: Int, row: Int, count: Int
  ) -> solon_rows {
    let tile = attentionTileRows
    switch precision {
    case .float32:
      let matrix = scratch + (kind == .value ? scores : scoreGradient)
      return solon_rows(
        data: matrix + row * scoreStride + key, block: tile, row: 1, step: scoreStride)
    case .bfloat16:
      let columns = scratch + (kind == .value ? weightColumns : gradientColumns)
      let block = keyBlock(count)
      return solon_rows(
        data: columns + key / tile * block + row / 2 * tile, block: block, row: 1, step: tile)
    }
  }

  /// Which gradient: dV is a sum by the weights, dK by their gradients.
  enum KeyGradient { case value, key }

  /// Words of the pairs of `count` rows of twelve columns.
  private func keyBlock(_ count: Int) -> Int { (count + 1) / 2 * attentionTileRows }

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
    rest.data = data + first / attentionTileRows * block * 4
    return rest
  }
}

@inline(__always)
func roundUp(_ n: Int, to multiple: Int) -> Int {
  (n &+ multiple &- 1) / multiple &* multiple
}
