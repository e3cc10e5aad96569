internal import COpenBLAS

/// y (+)= x Wᵀ by our own register tiles, for products too narrow for OpenBLAS
/// and for processors on which its rows are not independent. Each element is
/// one chain of fused multiply-adds over the inputs in order, so a row depends
/// only on its inputs, with any number of rows.
func tiledMatmul(
  _ y: FloatPointer, _ x: ConstFloatPointer, _ w: ConstFloatPointer,
  rows: Int, inputs: Int, outputs: Int, accumulate: Bool
) {
  let panelCount = inputs * tileColumns
  let product = PanelProduct(
    rows: rows, inputs: inputs, outputs: outputs, accumulate: accumulate)
  withUnsafeTemporaryAllocation(
    of: Float.self, capacity: panelCount + product.scratchCount
  ) { memory in
    let panel = memory.baseAddress!
    let scratch = panel + panelCount
    product.prepare(x, scratch)
    for o in stride(from: 0, to: outputs, by: tileColumns) {
      packColumns(
        panel, packedRows: tileColumns, w + o * inputs, stride: inputs,
        rows: min(tileColumns, outputs - o), width: inputs)
      product.multiply(y, x, panel, firstOutput: o, scratch)
    }
  }
}

/// A product computed panel by panel. A panel is 16 columns of Wᵀ, `[I, 16]`.
struct PanelProduct {
  let rows: Int
  let inputs: Int
  let outputs: Int
  let accumulate: Bool

  private var wholeRows: Int { rows / tileRows * tileRows }
  /// The rows beyond whole tiles, padded with zeros, and one tile of results.
  var scratchCount: Int {
    (wholeRows < rows ? tileRows * inputs : 0) + tileRows * tileColumns
  }

  /// Fills the scratch that `multiply` reads.
  func prepare(_ x: ConstFloatPointer, _ scratch: FloatPointer) {
    guard wholeRows < rows else { return }
    packRows(
      scratch + tileRows * tileColumns, packedWidth: inputs, x + wholeRows * inputs,
      stride: inputs, rows: rows - wholeRows, width: inputs,
      padRows: tileRows - (rows - wholeRows))
  }

  /// The outputs of one panel for all rows. The memory behind the panel, where
  /// the next one may lie, is fetched meanwhile.
  func multiply(
    _ y: FloatPointer, _ x: ConstFloatPointer, _ panel: ConstFloatPointer,
    firstOutput: Int, _ scratch: FloatPointer
  ) {
    let rest = ConstFloatPointer(scratch + tileRows * tileColumns)
    let columns = min(tileColumns, outputs - firstOutput)
    let blocks = (rows + tileRows - 1) / tileRows
    for r in stride(from: 0, to: rows, by: tileRows) {
      let source = r < wholeRows ? x + r * inputs : rest
      let target = y + r * outputs + firstOutput
      let whole = r < wholeRows && columns == tileColumns
      multiplyPanel(
        whole ? target : scratch, whole ? outputs : tileColumns, source, inputs, panel,
        next: panel + (inputs + r / tileRows * inputs / blocks) * tileColumns,
        step: tileColumns / blocks, accumulate: whole && accumulate)
      if !whole {
        copyTile(scratch, to: target, rows: min(tileRows, rows - r), columns: columns)
      }
    }
  }

  /// The part of a tile that lies inside the result.
  private func copyTile(
    _ tile: ConstFloatPointer, to target: FloatPointer, rows: Int, columns: Int
  ) {
    for i in 0..<rows {
      for j in 0..<columns {
        let value = tile[i * tileColumns + j]
        let element = target + i * outputs + j
        element.pointee = accumulate ? element.pointee + value : value
      }
    }
  }
}

/// C (+)= A B for six rows of A, `depth` wide, and one panel. While it runs it
/// fetches `depth` · `step` numbers from `next`.
@inline(never)
private func multiplyPanel(
  _ c: FloatPointer, _ cRow: Int, _ a: ConstFloatPointer, _ depth: Int,
  _ panel: ConstFloatPointer, next: ConstFloatPointer, step: Int, accumulate: Bool
) {
  var c0 = Vector.zero
  var c1 = Vector.zero
  var c2 = Vector.zero
  var c3 = Vector.zero
  var c4 = Vector.zero
  var c5 = Vector.zero
  var low = a
  var high = a + 3 &* depth
  var b = panel
  var next = next
  for _ in 0..<depth {
    let row = load(b, 0)
    solon_prefetch(next)
    c0 = c0.addingProduct(row, Vector(repeating: low[0]))
    c1 = c1.addingProduct(row, Vector(repeating: low[depth]))
    c2 = c2.addingProduct(row, Vector(repeating: low[2 &* depth]))
    c3 = c3.addingProduct(row, Vector(repeating: high[0]))
    c4 = c4.addingProduct(row, Vector(repeating: high[depth]))
    c5 = c5.addingProduct(row, Vector(repeating: high[2 &* depth]))
    low += 1
    high += 1
    b += tileColumns
    next += step
  }
  if accumulate {
    c0 += load(c, 0)
    c1 += load(c, cRow)
    c2 += load(c, 2 &* cRow)
    c3 += load(c, 3 &* cRow)
    c4 += load(c, 4 &* cRow)
    c5 += load(c, 5 &* cRow)
  }
  store(c0, c, 0)
  store(c1, c, cRow)
  store(c2, c, 2 &* cRow)
  store(c3, c, 3 &* cRow)
  store(c4, c, 4 &* cRow)
  store(c5, c, 5 &* cRow)
}
