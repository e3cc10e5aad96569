/// Adds the gradients of `attention` to `dq` (`[R, H·D]`), `dk` and `dv` (`[R,
/// G·D]`). `dout`: `[R, H·D]`; the rest as in the forward pass, whose weights
/// are computed again from `lse`.
///
/// With P the weights and δ = Σ dout·out by row: dV = Pᵀ dO, dP = dO Vᵀ, dS =
/// P (dP - δ) / √D, dQ = dS K, dK = dSᵀ Q.
public func attentionBackward(
  _ dq: FloatPointer, _ dk: FloatPointer, _ dv: FloatPointer,
  _ dout: ConstFloatPointer, _ q: ConstFloatPointer, _ k: ConstFloatPointer,
  _ v: ConstFloatPointer, _ out: ConstFloatPointer, _ lse: ConstFloatPointer,
  offsets: [Int], heads: Int, keyValueHeads: Int, headDimension: Int,
  scratch: FloatPointer
) {
  for s in 0..<max(0, offsets.count - 1) {
    let plan = AttentionPlan(
      rows: offsets[s + 1] - offsets[s], heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension)
    KernelMeter.count(.attention) {
      for g in 0..<keyValueHeads {
        let keyStart = offsets[s] * plan.keyWidth + g * headDimension
        packKeysAndValues(plan, scratch, k + keyStart, v + keyStart)
        for h in (g * plan.share)..<((g + 1) * plan.share) {
          let queryStart = offsets[s] * plan.queryWidth + h * headDimension
          attendOneHeadBackward(
            dq + queryStart, dout + queryStart, q + queryStart, out + queryStart,
            lse + offsets[s] * heads + h, lseStride: heads, plan, scratch)
        }
        for r in 0..<plan.rows {
          let packed = r * plan.packedDimension
          let target = keyStart + r * plan.keyWidth
          addInto(dk + target, scratch + plan.keyGradient + packed, count: headDimension)
          addInto(dv + target, scratch + plan.valueGradient + packed, count: headDimension)
        }
      }
    }
  }
}

/// Packs one key/value head, and clears its gradients.
private func packKeysAndValues(
  _ plan: AttentionPlan, _ scratch: FloatPointer, _ k: ConstFloatPointer,
  _ v: ConstFloatPointer
) {
  packColumns(
    scratch + plan.transposedKeys, packedRows: plan.scoreWidth, k,
    stride: plan.keyWidth, rows: plan.rows, width: plan.dimension)
  packColumns(
    scratch + plan.transposedValues, packedRows: plan.scoreWidth, v,
    stride: plan.keyWidth, rows: plan.rows, width: plan.dimension)
  packRows(
    scratch + plan.keys, packedWidth: plan.packedDimension, k, stride: plan.keyWidth,
    rows: plan.rows, width: plan.dimension)
  let gradients = 2 * plan.packedRows * plan.packedDimension
  (scratch + plan.keyGradient).update(repeating: 0, count: gradients)
}

/// One query head of one sequence: adds to `dq` and to the packed gradients of
/// its key/value head.
private func attendOneHeadBackward(
  _ dq: FloatPointer, _ dout: ConstFloatPointer, _ q: ConstFloatPointer,
  _ out: ConstFloatPointer, _ lse: ConstFloatPointer, lseStride: Int,
  _ plan: AttentionPlan, _ scratch: FloatPointer
) {
  let width = plan.packedDimension
  let scoreWidth = plan.scoreWidth
  let scores = scratch + plan.scores
  let scoreGradient = scratch + plan.scoreGradient
  let queries = scratch + plan.query
  let outGradient = scratch + plan.outGradient
  let result = scratch + plan.result
  for start in stride(from: 0, to: plan.rows, by: queryBlock) {
    let count = min(queryBlock, plan.rows - start)
    let tiles = roundUp(count, to: tileRows)
    packQueries(plan, queries, q, start: start, count: count)
    packQueries(plan, outGradient, dout, start: start, count: count)
    for i in stride(from: 0, to: tiles, by: tileRows) {
      let end = min(start + i + tileRows, plan.rows)
      let columns = AttentionPlan.scoreColumns(end)
      scoreTile(plan, scores + i * scoreWidth, scratch, row: i, end: end)
      multiplyRows(
        scoreGradient + i * scoreWidth, scoreWidth, outGradient + i * width, width, 1,
        scratch + plan.transposedValues, scoreWidth, depth: plan.dimension,
        columns: columns, accumulate: false)
      for r in i..<(i + tileRows) {
        let row = scores + r * scoreWidth
        let gradientRow = scoreGradient + r * scoreWidth
        // A tile's spare rows must count for nothing among dK's and dV's sums.
        let keys = r < count ? start + r + 1 : 0
        let position = min(start + r, plan.rows - 1)
        (row + keys).update(repeating: -.infinity, count: columns - keys)
        let delta = dot(
          dout + position * plan.queryWidth, out + position * plan.queryWidth,
          count: plan.dimension)
        weighBackward(
          row, gradientRow, columns: columns, lse: lse[position * lseStride],
          delta: delta, scaling: plan.scaling)
      }
      multiplyRows(
        result + i * width, width, scoreGradient + i * scoreWidth, scoreWidth, 1,
        scratch + plan.keys, width, depth: end, columns: width, accumulate: false)
    }
    for r in 0..<count {
      addInto(
        dq + (start + r) * plan.queryWidth, result + r * width, count: plan.dimension)
    }
    addKeyGradients(plan, scratch, start: start, tiles: tiles)
  }
}

/// Row of weights and of their gradients: P = e^(scaling · score - lse) in
/// `row`, P (dP - delta) scaling in `gradient`.
@inline(__always)
private func weighBackward(
  _ row: FloatPointer, _ gradient: FloatPointer, columns: Int, lse: Float,
  delta: Float, scaling: Float
) {
  let shift = Vector(repeating: -lse)
  var i = 0
  while i < columns {
    let p = exp(shift.addingProduct(load(row, i), Vector(repeating: scaling)))
    store(p, row, i)
    store(p * (load(gradient, i) - delta) * scaling, gradient, i)
    i &+= vectorWidth
  }
}

/// dV += Pᵀ dO and dK += dSᵀ Q for one block of query rows. Keys are the rows
/// of the tiles; a tile sums over the query rows not before its first key, in
/// whole tiles of them, since only there have weights been written.
private func addKeyGradients(
  _ plan: AttentionPlan, _ scratch: FloatPointer, start: Int, tiles: Int
) {
  let width = plan.packedDimension
  let end = min(start + tiles, plan.rows)
  for key in stride(from: 0, to: end, by: tileRows) {
    let first = max(0, key - start) / tileRows * tileRows
    let weights = first * plan.scoreWidth + key
    multiplyRows(
      scratch + plan.valueGradient + key * width, width,
      scratch + plan.scores + weights, 1, plan.scoreWidth,
      scratch + plan.outGradient + first * width, width, depth: tiles - first,
      columns: width, accumulate: true)
    multiplyRows(
      scratch + plan.keyGradient + key * width, width,
      scratch + plan.scoreGradient + weights, 1, plan.scoreWidth,
      scratch + plan.query + first * width, width, depth: tiles - first,
      columns: width, accumulate: true)
  }
}
