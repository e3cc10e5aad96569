internal import CKernels

/// The float32 count that `cachedAttention` needs as scratch for up to `length`
/// positions; a multiple of 16.
public func cachedAttentionScratchCount(length: Int, headDimension: Int) -> Int {
  let plan = AttentionPlan(
    rows: length, heads: 1, keyValueHeads: 1, headDimension: headDimension,
    precision: .float32)
  return roundUp(
    queryRows * (2 * plan.scoreStride + roundUp(headDimension, to: vectorWidth) + 1),
    to: vectorWidth)
}

/// Rows of one sequence, at positions `first..<first + rows`, against a cache that
/// holds those and all before them; each attends to the positions up to its own.
/// The `heads` query heads that read key/value head `keyValueHead` lie side by
/// side: `q`, `out`: `[rows, heads · D]`, `rowStride` apart. Scores are q·k/√D.
/// A row's result depends, to the last bit, only on `q` and its positions: not on
/// the other rows. It has the bits that `attention` gives. `scratch`:
/// `cachedAttentionScratchCount` numbers.
public func cachedAttention(
  _ out: FloatPointer, _ q: ConstFloatPointer, rows: Int, rowStride: Int, first: Int,
  heads: Int, keys: ConstFloatPointer, values: ConstFloatPointer, layout: CacheLayout,
  keyValueHead: Int, scratch: FloatPointer
) {
  precondition(
    rows > 0 && first >= 0 && first + rows <= layout.capacity, "no such cached positions")
  let dimension = layout.headDimension
  let call = CachedCall(
    plan: AttentionPlan(
      rows: first + rows, heads: 1, keyValueHeads: 1, headDimension: dimension,
      precision: layout.precision),
    keys: keys + keyValueHead * layout.keysPerHead,
    values: values + keyValueHead * layout.valuesPerHead,
    nextKeys: keyValueHead + 1 < layout.keyValueHeads
      ? keys + (keyValueHead + 1) * layout.keysPerHead : nil,
    capacity: layout.capacity,
    scratch: scratch)
  KernelMeter.count(.attention) {
    if rows == 1 {
      // All heads see the same positions.
      for h in stride(from: 0, to: heads, by: queryRows) {
        call.attend(
          out + h * dimension, q + h * dimension, count: min(queryRows, heads - h),
          stride: dimension, first: first, step: 0)
      }
      return
    }
    for h in 0..<heads {
      for r in stride(from: 0, to: rows, by: queryRows) {
        let start = r * rowStride + h * dimension
        call.attend(
          out + start, q + start, count: min(queryRows, rows - r), stride: rowStride,
          first: first + r, step: 1)
      }
    }
  }
}

/// One key/value head of one sequence.
private struct CachedCall {
  let plan: AttentionPlan
  let keys, values: ConstFloatPointer
  /// Of the next key/value head, if there is one.
  let nextKeys: ConstFloatPointer?
  let capacity: Int
  let scratch: FloatPointer

  /// A tile of queries, `stride` apart: the first at position `first`, each next
  /// one `step` later.
  func attend(
    _ out: FloatPointer, _ q: ConstFloatPointer, count: Int, stride: Int, first: Int,
    step: Int
  ) {
    let scores = scratch
    let rounded = scores + queryRows * plan.scoreStride
    let roundedQueries = rounded + queryRows * plan.scoreStride
    let totals = roundedQueries + queryRows * roundUp(plan.dimension, to: vectorWidth)
    let queries = plan.rows(q, stride: stride, count: count, scratch: roundedQueries)
    let end = first + (count - 1) * step + 1
    let columns = AttentionPlan.scoreColumns(end)
    let bytes = columns * plan.dimension * plan.precision.byteCount
    // One row per sequence reads too little of a cache for the processor to see
    // a pattern: what comes next is fetched while this is multiplied.
    if step == 0 { solon_prefetch(values, bytes) }
    plan.multiply(
      scores, plan.scoreStride, queries, keys, count: count, depth: plan.dimension,
      columns: columns)
    for r in 0..<count {
      let row = scores + r * plan.scoreStride
      let seen = first + r * step + 1
      (row + seen).update(repeating: -.infinity, count: columns - seen)
      totals[r] = exponentials(
        row, row, minus: maximum(row, count: columns), scaling: plan.scaling,
        count: columns)
    }
    if step == 0, let nextKeys { solon_prefetch(nextKeys, bytes) }
    plan.multiply(
      out, stride,
      plan.scoreRows(scores, count: count, width: columns, scratch: rounded), values,
      count: count, depth: end, panelDepth: capacity, columns: plan.dimension)
    for r in 0..<count {
      scale(out + r * stride, by: 1 / totals[r], count: plan.dimension)
    }
  }
}
