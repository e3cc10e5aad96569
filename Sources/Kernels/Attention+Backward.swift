internal import CKernels

/// Writes the gradients of `attention` to `dq` (`[R, H·D]`), `dk` and `dv` (`[R,
/// G·D]`). `dout`: `[R, H·D]`; the rest as in the forward pass, whose weights
/// are computed again from `lse`. With `queryOffsets`, `dq` and `dout` have the rows of
/// `q`, `out` and `lse`.
///
/// With P the weights and δ = Σ dout·out by row: dV = Pᵀ dO, dP = dO Vᵀ, dS =
/// P (dP - δ) / √D, dQ = dS K, dK = dSᵀ Q.
public func attentionBackward(
  _ dq: FloatPointer, _ dk: FloatPointer, _ dv: FloatPointer,
  _ dout: ConstFloatPointer, _ q: ConstFloatPointer, _ k: ConstFloatPointer,
  _ v: ConstFloatPointer, _ out: ConstFloatPointer, _ lse: ConstFloatPointer,
  offsets: [Int], queryOffsets: [Int]? = nil, heads: Int, keyValueHeads: Int,
  headDimension: Int, precision: Precision = .float32, scratch: FloatPointer
) {
  let queryOffsets = queryOffsets ?? offsets
  precondition(queryOffsets.count == offsets.count, "offsets of other sequences")
  for s in 0..<max(0, offsets.count - 1) {
    let plan = AttentionPlan(
      rows: offsets[s + 1] - offsets[s], queries: queryOffsets[s + 1] - queryOffsets[s],
      heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
      precision: precision)
    KernelMeter.count(.attention) {
      for gradient in [dk, dv] {
        (gradient + offsets[s] * plan.keyWidth)
          .update(repeating: 0, count: plan.rows * plan.keyWidth)
      }
      for g in 0..<keyValueHeads {
        let keyStart = offsets[s] * plan.keyWidth + g * headDimension
        packKeysAndValues(plan, scratch, k + keyStart, v + keyStart)
        for h in (g * plan.share)..<((g + 1) * plan.share) {
          let queryStart = queryOffsets[s] * plan.queryWidth + h * headDimension
          attendOneHeadBackward(
            dq + queryStart, dk + keyStart, dv + keyStart, dout + queryStart, q + queryStart,
            k + keyStart, v + keyStart, out + queryStart, lse + queryOffsets[s] * heads + h,
            lseStride: heads, plan, scratch)
        }
      }
    }
  }
}

/// Packs one key/value head.
private func packKeysAndValues(
  _ plan: AttentionPlan, _ scratch: FloatPointer, _ k: ConstFloatPointer,
  _ v: ConstFloatPointer
) {
  let (stride, count) = (plan.keyWidth, plan.rows)
  plan.packPanels(scratch + plan.keyPanels, k, stride: stride, count: count)
  plan.packPanels(scratch + plan.valuePanels, v, stride: stride, count: count)
  plan.packColumns(scratch + plan.keyColumns, k, stride: stride, count: count)
}

/// One query head of one sequence: writes `dq`, and adds to the gradients of its
/// key/value head, which is packed: `k` and `v` are where it was.
private func attendOneHeadBackward(
  _ dq: FloatPointer, _ dk: FloatPointer, _ dv: FloatPointer, _ dout: ConstFloatPointer,
  _ q: ConstFloatPointer, _ k: ConstFloatPointer, _ v: ConstFloatPointer,
  _ out: ConstFloatPointer, _ lse: ConstFloatPointer, lseStride: Int,
  _ plan: AttentionPlan, _ scratch: FloatPointer
) {
  let stride = plan.scoreStride
  let sums = scratch + plan.rowValues
  let deltas = sums + queryBlock
  for start in Swift.stride(from: plan.firstQuery, to: plan.rows, by: queryBlock) {
    let count = min(queryBlock, plan.rows - start)
    let first = start - plan.firstQuery
    plan.prefetchQueries(after: first + count, q, dout, out, dq)
    plan.prefetchKeys(start..<start + count, k, v)
    let (q, dout) = (q + first * plan.queryWidth, dout + first * plan.queryWidth)
    let queries = plan.rows(
      q, stride: plan.queryWidth, count: count, scratch: scratch + plan.queryRows)
    let gradients = plan.rows(
      dout, stride: plan.queryWidth, count: count, scratch: scratch + plan.outRows)
    for i in Swift.stride(from: 0, to: count, by: attentionTileRows) {
      let rows = min(attentionTileRows, count - i)
      let end = start + i + rows
      let columns = AttentionPlan.scoreColumns(end)
      // In bfloat16 a tile is all that is kept, so it stays in the first cache.
      let place = plan.precision == .float32 ? i * stride : 0
      plan.multiply(
        scratch + plan.scores + place, stride, queries.dropping(i), scratch + plan.keyPanels,
        count: rows, depth: plan.dimension, columns: columns)
      plan.multiply(
        scratch + plan.scoreGradient + place, stride, gradients.dropping(i),
        scratch + plan.valuePanels, count: rows, depth: plan.dimension, columns: columns)
      for r in 0..<rows {
        let row = i + r
        sums[r] = lse[(first + row) * lseStride]
        deltas[r] = dot(
          dout + row * plan.queryWidth, out + (first + row) * plan.queryWidth,
          count: plan.dimension)
      }
      let weightGradients = plan.weighBackward(
        scratch, first: i, rows: rows, count: count, start: start, columns: columns, lse: sums,
        delta: deltas)
      plan.multiply(
        dq + (first + i) * plan.queryWidth, plan.queryWidth, weightGradients,
        scratch + plan.keyColumns, count: rows, depth: end, panelDepth: plan.rows,
        columns: plan.dimension)
    }
    let (outColumns, queryColumns) = (scratch + plan.outColumns, scratch + plan.queryColumns)
    plan.packColumns(outColumns, dout, stride: plan.queryWidth, count: count)
    plan.packColumns(queryColumns, q, stride: plan.queryWidth, count: count)
    addKeyGradients(
      plan, .value, scratch, dv, outColumns, start: start, count: count)
    addKeyGradients(
      plan, .key, scratch, dk, queryColumns, start: start, count: count)
  }
}

/// dX += Wᵀ Y for one block of query rows: dV from the weights and dO, dK from
/// their gradients and Q. `y`: packed columns. Keys are the rows of the product. A
/// tile of keys sums over the query rows not before its first key, in whole tiles of
/// them: only there has anything been written.
private func addKeyGradients(
  _ plan: AttentionPlan, _ kind: AttentionPlan.KeyGradient, _ scratch: FloatPointer,
  _ dx: FloatPointer, _ y: FloatPointer, start: Int, count: Int
) {
  // Keys before the block are seen by all of its rows.
  if start > 0 {
    plan.multiply(
      dx, plan.keyWidth, plan.keyRows(kind, scratch, key: 0, row: 0, count: count), y,
      count: start, depth: count, columns: plan.dimension, accumulate: true)
  }
  for first in stride(from: 0, to: count, by: attentionTileRows) {
    plan.multiply(
      dx + (start + first) * plan.keyWidth, plan.keyWidth,
      plan.keyRows(kind, scratch, key: start + first, row: first, count: count),
      plan.dropRows(first, of: y), count: min(attentionTileRows, count - first),
      depth: count - first, panelDepth: count, columns: plan.dimension, accumulate: true)
  }
}
