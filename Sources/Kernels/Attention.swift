internal import CKernels

// Causal attention of grouped heads over packed sequences. One key/value head
// of one sequence at a time: its keys and values are packed, and shared by its
// query heads. Query rows go in blocks whose scores stay in cache; a tile of rows
// reads only the keys up to its last row, so about half of the square is
// computed. After Dao, "FlashAttention-2", 2023, but whole rows of scores fit
// here, so nothing is rescaled.

/// Causal attention within packed sequences. Sequence s is the rows
/// `offsets[s]..<offsets[s+1]`, and row t of it attends to rows 0…t of it.
/// `q`, `out`: `[R, H·D]`; `k`, `v`: `[R, G·D]`; query head h reads key/value
/// head h / (H/G). Scores are q·k/√D. `lse`: `[R, H]`, log Σ e^score, kept for
/// the backward pass. `scratch`: `AttentionScratch.scratchCount` numbers.
/// `precision`: of the products; exponentials and sums are float32.
///
/// With `queryOffsets` only the last rows of a sequence ask: those of s are rows
/// `queryOffsets[s]..<queryOffsets[s+1]` of `q`, `out` and `lse`, and the first of
/// them is at a multiple of `attentionTileRows` in its sequence. They get the same
/// bits.
public func attention(
  _ out: FloatPointer, _ lse: FloatPointer, _ q: ConstFloatPointer,
  _ k: ConstFloatPointer, _ v: ConstFloatPointer, offsets: [Int], queryOffsets: [Int]? = nil,
  heads: Int, keyValueHeads: Int, headDimension: Int, precision: Precision = .float32,
  scratch: FloatPointer
) {
  let queryOffsets = queryOffsets ?? offsets
  precondition(queryOffsets.count == offsets.count, "offsets of other sequences")
  for s in 0..<max(0, offsets.count - 1) {
    let plan = AttentionPlan(
      rows: offsets[s + 1] - offsets[s], queries: queryOffsets[s + 1] - queryOffsets[s],
      heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
      precision: precision)
    KernelMeter.count(.attention) {
      for g in 0..<keyValueHeads {
        let keyStart = offsets[s] * plan.keyWidth + g * headDimension
        plan.packPanels(
          scratch + plan.keyPanels, k + keyStart, stride: plan.keyWidth, count: plan.rows)
        plan.packColumns(
          scratch + plan.valueColumns, v + keyStart, stride: plan.keyWidth, count: plan.rows)
        for h in (g * plan.share)..<((g + 1) * plan.share) {
          let queryStart = queryOffsets[s] * plan.queryWidth + h * headDimension
          attendOneHead(
            out + queryStart, lse + queryOffsets[s] * heads + h, lseStride: heads,
            q + queryStart, k + keyStart, v + keyStart, plan, scratch)
        }
      }
    }
  }
}

/// One query head of one sequence. Its keys and values are packed: `k` and `v` are where
/// they were.
private func attendOneHead(
  _ out: FloatPointer, _ lse: FloatPointer, lseStride: Int, _ q: ConstFloatPointer,
  _ k: ConstFloatPointer, _ v: ConstFloatPointer, _ plan: AttentionPlan,
  _ scratch: FloatPointer
) {
  let tile = scratch + plan.scores
  let totals = scratch + plan.rowValues
  let tops = totals + queryBlock
  totals.update(repeating: 1, count: queryBlock)
  for start in stride(from: plan.firstQuery, to: plan.rows, by: queryBlock) {
    let count = min(queryBlock, plan.rows - start)
    let first = start - plan.firstQuery
    plan.prefetchQueries(after: first + count, q, out)
    plan.prefetchKeys(start..<start + count, k, v)
    let queries = plan.rows(
      q + first * plan.queryWidth, stride: plan.queryWidth, count: count,
      scratch: scratch + plan.queryRows)
    for i in stride(from: 0, to: count, by: attentionTileRows) {
      let rows = min(attentionTileRows, count - i)
      let end = start + i + rows
      let columns = AttentionPlan.scoreColumns(end)
      plan.multiply(
        tile, plan.scoreStride, queries.dropping(i), scratch + plan.keyPanels,
        count: rows, depth: plan.dimension, columns: columns)
      let weights = plan.weigh(
        tile, rows: rows, seen: start + i + 1, step: 1, columns: columns, tops: tops + i,
        totals: totals + i, rounded: scratch + plan.roundedScores)
      let target = out + (first + i) * plan.queryWidth
      plan.multiply(
        target, plan.queryWidth, weights,
        scratch + plan.valueColumns, count: rows, depth: end, panelDepth: plan.rows,
        columns: plan.dimension)
      for r in 0..<rows {
        scale(target + r * plan.queryWidth, by: 1 / totals[i + r], count: plan.dimension)
      }
    }
    for r in stride(from: 0, to: count, by: vectorWidth) {
      let sums = (load(tops, r) * plan.scaling) + log(load(totals, r))
      for i in 0..<min(vectorWidth, count - r) { lse[(first + r + i) * lseStride] = sums[i] }
    }
  }
}
