// Causal attention of grouped heads over packed sequences. One key/value head
// of one sequence at a time: its keys and values are packed (and padded, so
// that no tile has a tail), and shared by its query heads. Query rows go in
// blocks whose scores stay in cache; a block reads only the keys up to its last
// row, so about half of the square is computed. After Dao, "FlashAttention-2",
// 2023, but whole rows of scores fit here, so nothing is rescaled.

/// Query rows of a block: a multiple of `tileRows` and of `vectorWidth`.
let queryBlock = 48

/// Working memory of the attention functions, one block per lane.
public enum AttentionScratch {
  /// The float32 count that `attention` and `attentionBackward` need for
  /// sequences of up to `maximumSequence` rows.
  public static func scratchCount(
    maximumSequence: Int, heads: Int, keyValueHeads: Int, headDimension: Int
  ) -> Int {
    AttentionPlan(
      rows: maximumSequence, heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension
    ).scratchCount
  }
}

/// Sizes for one sequence, and where each packed matrix lies in the scratch.
struct AttentionPlan {
  let rows: Int
  let share: Int
  let dimension: Int
  let queryWidth: Int
  let keyWidth: Int
  /// D rounded up to whole tiles.
  let packedDimension: Int
  /// Columns of a score row: covers every tile that reads or writes it, also
  /// when keys are a tile's rows.
  let scoreWidth: Int
  let packedRows: Int
  let scaling: Float

  init(rows: Int, heads: Int, keyValueHeads: Int, headDimension: Int) {
    precondition(
      keyValueHeads > 0 && heads % keyValueHeads == 0,
      "\(heads) query heads cannot share \(keyValueHeads) key/value heads")
    self.rows = rows
    share = heads / keyValueHeads
    dimension = headDimension
    queryWidth = heads * headDimension
    keyWidth = keyValueHeads * headDimension
    packedDimension = roundUp(headDimension, to: tileColumns)
    scoreWidth = Self.scoreColumns(rows)
    packedRows = roundUp(rows, to: tileRows)
    scaling = 1 / Float(headDimension).squareRoot()
  }

  /// Columns of scores that a block needs whose keys end at `end`.
  static func scoreColumns(_ end: Int) -> Int {
    roundUp(roundUp(end, to: tileRows), to: tileColumns)
  }

  private var transposedCount: Int { dimension * scoreWidth }
  private var packedCount: Int { packedRows * packedDimension }
  private var blockCount: Int { queryBlock * packedDimension }
  private var scoreCount: Int { queryBlock * scoreWidth }

  var transposedKeys: Int { 0 }
  var transposedValues: Int { transposedKeys + transposedCount }
  var keys: Int { transposedValues + transposedCount }
  var values: Int { keys + packedCount }
  var keyGradient: Int { values + packedCount }
  var valueGradient: Int { keyGradient + packedCount }
  var query: Int { valueGradient + packedCount }
  var outGradient: Int { query + blockCount }
  var result: Int { outGradient + blockCount }
  var scores: Int { result + blockCount }
  var scoreGradient: Int { scores + scoreCount }
  var rowValues: Int { scoreGradient + scoreCount }
  var scratchCount: Int {
    max(rowValues + 2 * queryBlock, share * roundUp(rows, to: vectorWidth))
  }
}

/// Causal attention within packed sequences. Sequence s is the rows
/// `offsets[s]..<offsets[s+1]`, and row t of it attends to rows 0…t of it.
/// `q`, `out`: `[R, H·D]`; `k`, `v`: `[R, G·D]`; query head h reads key/value
/// head h / (H/G). Scores are q·k/√D. `lse`: `[R, H]`, log Σ e^score, kept for
/// the backward pass. `scratch`: `AttentionScratch.scratchCount` numbers.
public func attention(
  _ out: FloatPointer, _ lse: FloatPointer, _ q: ConstFloatPointer,
  _ k: ConstFloatPointer, _ v: ConstFloatPointer, offsets: [Int], heads: Int,
  keyValueHeads: Int, headDimension: Int, scratch: FloatPointer
) {
  for s in 0..<max(0, offsets.count - 1) {
    let plan = AttentionPlan(
      rows: offsets[s + 1] - offsets[s], heads: heads, keyValueHeads: keyValueHeads,
      headDimension: headDimension)
    KernelMeter.count(.attention) {
      for g in 0..<keyValueHeads {
        let keyStart = offsets[s] * plan.keyWidth + g * headDimension
        packColumns(
          scratch + plan.transposedKeys, packedRows: plan.scoreWidth, k + keyStart,
          stride: plan.keyWidth, rows: plan.rows, width: headDimension)
        packRows(
          scratch + plan.values, packedWidth: plan.packedDimension, v + keyStart,
          stride: plan.keyWidth, rows: plan.rows, width: headDimension)
        for h in (g * plan.share)..<((g + 1) * plan.share) {
          let queryStart = offsets[s] * plan.queryWidth + h * headDimension
          attendOneHead(
            out + queryStart, lse + offsets[s] * heads + h, lseStride: heads,
            q + queryStart, plan, scratch)
        }
      }
    }
  }
}

/// One query head of one sequence, keys and values packed.
private func attendOneHead(
  _ out: FloatPointer, _ lse: FloatPointer, lseStride: Int, _ q: ConstFloatPointer,
  _ plan: AttentionPlan, _ scratch: FloatPointer
) {
  let scores = scratch + plan.scores
  let result = scratch + plan.result
  let totals = scratch + plan.rowValues
  let tops = totals + queryBlock
  totals.update(repeating: 1, count: queryBlock)
  for start in stride(from: 0, to: plan.rows, by: queryBlock) {
    let count = min(queryBlock, plan.rows - start)
    let tiles = roundUp(count, to: tileRows)
    packQueries(plan, scratch + plan.query, q, start: start, count: count)
    for i in stride(from: 0, to: tiles, by: tileRows) {
      let end = min(start + i + tileRows, plan.rows)
      scoreTile(plan, scores + i * plan.scoreWidth, scratch, row: i, end: end)
      for r in i..<min(i + tileRows, count) {
        let row = scores + r * plan.scoreWidth
        let columns = AttentionPlan.scoreColumns(end)
        let keys = start + r + 1
        (row + keys).update(repeating: -.infinity, count: columns - keys)
        tops[r] = maximum(row, count: columns)
        totals[r] = exponentials(
          row, row, minus: tops[r], scaling: plan.scaling, count: columns)
      }
      multiplyRows(
        result + i * plan.packedDimension, plan.packedDimension,
        scores + i * plan.scoreWidth, plan.scoreWidth, 1,
        scratch + plan.values, plan.packedDimension, depth: end,
        columns: plan.packedDimension, accumulate: false)
    }
    for r in stride(from: 0, to: count, by: vectorWidth) {
      let sums = (load(tops, r) * plan.scaling) + log(load(totals, r))
      for i in 0..<min(vectorWidth, count - r) { lse[(start + r + i) * lseStride] = sums[i] }
    }
    for r in 0..<count {
      let target = out + (start + r) * plan.queryWidth
      let source = result + r * plan.packedDimension
      let factor = 1 / totals[r]
      forEachVector(plan.dimension) { d, n in
        store(load(source, d, n) * factor, target, d, n)
      }
    }
  }
}

/// Packs one block of query rows (or of rows like them), with zero rows up to
/// whole tiles: the tiles' spare rows then hold harmless numbers.
func packQueries(
  _ plan: AttentionPlan, _ packed: FloatPointer, _ x: ConstFloatPointer, start: Int,
  count: Int
) {
  packRows(
    packed, packedWidth: plan.packedDimension, x + start * plan.queryWidth,
    stride: plan.queryWidth, rows: count, width: plan.dimension,
    padRows: roundUp(count, to: tileRows) - count)
}

/// Six rows of unscaled scores against the keys below `end`, and whatever fills
/// the last tile.
@inline(__always)
func scoreTile(
  _ plan: AttentionPlan, _ scores: FloatPointer, _ scratch: FloatPointer, row: Int,
  end: Int
) {
  multiplyRows(
    scores, plan.scoreWidth, scratch + plan.query + row * plan.packedDimension,
    plan.packedDimension, 1, scratch + plan.transposedKeys, plan.scoreWidth,
    depth: plan.dimension, columns: AttentionPlan.scoreColumns(end), accumulate: false)
}
