internal import CKernels

/// Key/value heads of one sequence that are attended to at the same time.
private let tilesAtOnce = 4

/// The float32 count that `cachedAttention` needs as scratch for up to `length`
/// positions; a multiple of 16.
public func cachedAttentionScratchCount(length: Int, headDimension: Int) -> Int {
  CachedCall.Scratch(
    AttentionPlan(
      rows: length, heads: 1, keyValueHeads: 1, headDimension: headDimension,
      precision: .float32)
  ).count
}

/// Rows of one sequence, at positions `first..<first + rows`, against a cache that
/// holds those and all before them; each attends to the positions up to its own.
/// `keyValueHeads`: those whose query heads, `share` to each and side by side, are
/// computed. `q`, `out`: of these alone, `[rows, heads · D]`, `rowStride` and `outStride`
/// apart. Scores are q·k/√D.
/// A row's result depends, to the last bit, only on `q` and its positions: not on
/// the other rows. It has the bits that `attention` gives. `scratch`:
/// `cachedAttentionScratchCount` numbers.
public func cachedAttention(
  _ out: FloatPointer, outStride: Int, _ q: ConstFloatPointer, rowStride: Int, rows: Int,
  first: Int, keyValueHeads: Range<Int>, share: Int, keys: ConstFloatPointer,
  values: ConstFloatPointer, layout: CacheLayout, scratch: FloatPointer
) {
  precondition(
    rows > 0 && first >= 0 && first + rows <= layout.capacity, "no such cached positions")
  precondition(
    keyValueHeads.lowerBound >= 0 && keyValueHeads.upperBound <= layout.keyValueHeads,
    "no such key/value heads")
  let dimension = layout.headDimension
  let call = CachedCall(
    plan: AttentionPlan(
      rows: first + rows, heads: 1, keyValueHeads: 1, headDimension: dimension,
      precision: layout.precision),
    keys: keys, values: values, layout: layout, heads: keyValueHeads, scratch: scratch)
  KernelMeter.count(.attention) {
    if rows == 1 {
      // The query heads of a key/value head see the same positions, so they are the
      // rows of a tile.
      for h in stride(from: 0, to: share, by: attentionTileRows) {
        for g in stride(
          from: keyValueHeads.lowerBound, to: keyValueHeads.upperBound, by: tilesAtOnce)
        {
          let start = ((g - keyValueHeads.lowerBound) * share + h) * dimension
          call.attend(
            out + start, outStride: dimension, q + start, stride: dimension,
            heads: g..<min(g + tilesAtOnce, keyValueHeads.upperBound),
            tileStride: share * dimension, count: min(attentionTileRows, share - h),
            first: first, step: 0)
        }
      }
      return
    }
    for h in 0..<keyValueHeads.count * share {
      let head = keyValueHeads.lowerBound + h / share
      for r in stride(from: 0, to: rows, by: attentionTileRows) {
        call.attend(
          out + r * outStride + h * dimension, outStride: outStride,
          q + r * rowStride + h * dimension, stride: rowStride, heads: head..<head + 1,
          tileStride: 0, count: min(attentionTileRows, rows - r), first: first + r, step: 1)
      }
    }
  }
}

/// One sequence.
private struct CachedCall {
  let plan: AttentionPlan
  let keys, values: ConstFloatPointer
  let layout: CacheLayout
  /// All that are attended to.
  let heads: Range<Int>
  let scratch: FloatPointer

  /// Sizes of what one tile needs, and the whole.
  struct Scratch {
    /// `[12, scoreStride]`, and the same rounded.
    let scores: Int
    /// `[12, D]` queries rounded, or results in whole panels.
    let rows: Int
    /// Most products of the list: panels of keys, or of values, of all tiles.
    let mostProducts: Int

    init(_ plan: AttentionPlan) {
      scores = attentionTileRows * plan.scoreStride
      let width = roundUp(plan.dimension, to: panelWidth)
      rows = attentionTileRows * width
      mostProducts = tilesAtOnce * max(plan.scoreStride, width) / panelWidth
    }

    private var products: Int {
      let size = MemoryLayout<solon_small_product>.stride / MemoryLayout<Float>.stride
      return roundUp(mostProducts * size, to: vectorWidth)
    }

    var count: Int { tilesAtOnce * (2 * scores + rows + vectorWidth) + vectorWidth + products }
  }

  /// A tile of queries, `stride` apart, for each of some key/value heads: of a tile,
  /// the first at position `first`, each next one `step` later. Tiles lie `tileStride`
  /// apart, in `q` and in `out`.
  func attend(
    _ out: FloatPointer, outStride: Int, _ q: ConstFloatPointer, stride: Int, heads: Range<Int>,
    tileStride: Int, count: Int, first: Int, step: Int
  ) {
    let size = Scratch(plan)
    let scores = scratch
    let rounded = scores + tilesAtOnce * size.scores
    let rows = rounded + tilesAtOnce * size.scores
    let totals = rows + tilesAtOnce * size.rows
    let tops = totals + tilesAtOnce * vectorWidth
    let list = UnsafeMutableRawPointer(tops + vectorWidth)
      .bindMemory(to: solon_small_product.self, capacity: size.mostProducts)
    let end = first + (count - 1) * step + 1
    let columns = AttentionPlan.scoreColumns(end)

    // One row per sequence reads too little of a cache for the processor to see
    // a pattern: what comes next is fetched while this is multiplied.
    if step == 0 {
      for g in heads { layout.prefetchValues(values, head: g, length: end) }
    }
    var products = 0
    var queryRow = 0
    for (tile, g) in heads.enumerated() {
      let queries = plan.rows(
        q + tile * tileStride, stride: stride, count: count, scratch: rows + tile * size.rows)
      queryRow = queries.row
      for panel in 0..<columns / panelWidth {
        list[products] = solon_small_product(
          c: scores + tile * size.scores + panel * panelWidth, a: queries.data,
          panel: keys + g * layout.keysPerHead + panel * layout.keyPanel)
        products += 1
      }
    }
    plan.multiply(
      list, products, plan.scoreStride, aRow: queryRow, rows: count, depth: plan.dimension)

    if step == 0 {
      let next = heads.upperBound..<min(heads.upperBound + tilesAtOnce, self.heads.upperBound)
      for g in next { layout.prefetchKeys(keys, head: g, length: end) }
    }

    products = 0
    let resultRow = roundUp(plan.dimension, to: panelWidth)
    var weightRow = 0
    for (tile, g) in heads.enumerated() {
      let weights = plan.weigh(
        scores + tile * size.scores, rows: count, seen: first + 1, step: step,
        columns: columns, tops: tops, totals: totals + tile * vectorWidth,
        rounded: rounded + tile * size.scores)
      weightRow = weights.row
      for panel in 0..<resultRow / panelWidth {
        list[products] = solon_small_product(
          c: rows + tile * size.rows + panel * panelWidth, a: weights.data,
          panel: values + g * layout.valuesPerHead + panel * layout.valuePanel)
        products += 1
      }
    }
    plan.multiply(list, products, resultRow, aRow: weightRow, rows: count, depth: end)
    for tile in 0..<heads.count {
      for r in 0..<count {
        scale(
          out + tile * tileStride + r * outStride, rows + tile * size.rows + r * resultRow,
          by: 1 / totals[tile * vectorWidth + r], count: plan.dimension)
      }
    }
  }
}
