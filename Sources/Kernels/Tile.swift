// A small matrix product in registers, for attention: its matrices are too
// small for OpenBLAS to pack, are half masked, and have the strides of heads
// inside rows.

/// Rows of a tile.
let tileRows = 6
/// Columns of a tile: one vector.
let tileColumns = vectorWidth

/// C (+)= A B for one 6 x 16 tile. Element (i, p) of A is
/// `a[i * aRow + p * aStep]`, so that A may be read transposed; row p of B is
/// 16 elements at `b + p * bRow`; `depth` is the number of p.
@inline(never)
private func multiplyTile(
  _ c: FloatPointer, _ cRow: Int, _ a: ConstFloatPointer, _ aRow: Int, _ aStep: Int,
  _ b: ConstFloatPointer, _ bRow: Int, depth: Int, accumulate: Bool
) {
  var c0 = Vector.zero
  var c1 = Vector.zero
  var c2 = Vector.zero
  var c3 = Vector.zero
  var c4 = Vector.zero
  var c5 = Vector.zero
  var low = a
  var high = a + 3 &* aRow
  var b = b
  for _ in 0..<depth {
    let row = load(b, 0)
    c0 = c0.addingProduct(row, Vector(repeating: low[0]))
    c1 = c1.addingProduct(row, Vector(repeating: low[aRow]))
    c2 = c2.addingProduct(row, Vector(repeating: low[2 &* aRow]))
    c3 = c3.addingProduct(row, Vector(repeating: high[0]))
    c4 = c4.addingProduct(row, Vector(repeating: high[aRow]))
    c5 = c5.addingProduct(row, Vector(repeating: high[2 &* aRow]))
    low += aStep
    high += aStep
    b += bRow
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

/// C (+)= A B over six rows and `columns`, a multiple of 16.
@inline(__always)
func multiplyRows(
  _ c: FloatPointer, _ cRow: Int, _ a: ConstFloatPointer, _ aRow: Int, _ aStep: Int,
  _ b: ConstFloatPointer, _ bRow: Int, depth: Int, columns: Int, accumulate: Bool
) {
  var column = 0
  while column < columns {
    multiplyTile(
      c + column, cRow, a, aRow, aStep, b + column, bRow, depth: depth,
      accumulate: accumulate)
    column &+= tileColumns
  }
}

@inline(__always)
func roundUp(_ n: Int, to multiple: Int) -> Int {
  (n &+ multiple &- 1) / multiple &* multiple
}
