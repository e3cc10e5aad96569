// Rearrangement of matrices for the tiles: contiguous, aligned to whole tiles,
// transposed where a tile reads columns.

/// Copies `rows` rows of `width` elements, `stride` apart, into rows of
/// `packedWidth` behind one another, with zeros after each and `padRows` rows of
/// zeros at the end.
func packRows(
  _ packed: FloatPointer, packedWidth: Int, _ x: ConstFloatPointer, stride: Int,
  rows: Int, width: Int, padRows: Int = 0
) {
  for r in 0..<rows {
    let target = packed + r * packedWidth
    target.update(from: x + r * stride, count: width)
    if packedWidth > width {
      (target + width).update(repeating: 0, count: packedWidth - width)
    }
  }
  (packed + rows * packedWidth).update(repeating: 0, count: padRows * packedWidth)
}

/// Writes the transpose of `rows` rows of `width` elements, `stride` apart:
/// `[width, packedRows]`, with zeros behind the `rows` columns.
func packColumns(
  _ packed: FloatPointer, packedRows: Int, _ x: ConstFloatPointer, stride: Int,
  rows: Int, width: Int
) {
  let wholeRows = rows / 8 * 8
  let wholeWidth = width / 8 * 8
  for r in Swift.stride(from: 0, to: wholeRows, by: 8) {
    for d in Swift.stride(from: 0, to: wholeWidth, by: 8) {
      transposeBlock(packed + d * packedRows + r, packedRows, x + r * stride + d, stride)
    }
  }
  for d in 0..<width {
    let target = packed + d * packedRows
    let first = d < wholeWidth ? wholeRows : 0
    for r in first..<rows { target[r] = x[r * stride + d] }
    (target + rows).update(repeating: 0, count: packedRows - rows)
  }
}

/// Transposes eight rows of eight elements in registers: interleaves rows, then
/// pairs of rows, then halves.
@inline(__always)
private func transposeBlock(
  _ y: FloatPointer, _ yStride: Int, _ x: ConstFloatPointer, _ xStride: Int
) {
  let upper = transposeHalf(x, xStride)
  let lower = transposeHalf(x + 4 &* xStride, xStride)
  store(HalfVector(lowHalf: upper.0.lowHalf, highHalf: lower.0.lowHalf), y, 0)
  store(HalfVector(lowHalf: upper.1.lowHalf, highHalf: lower.1.lowHalf), y, yStride)
  store(HalfVector(lowHalf: upper.2.lowHalf, highHalf: lower.2.lowHalf), y, 2 &* yStride)
  store(HalfVector(lowHalf: upper.3.lowHalf, highHalf: lower.3.lowHalf), y, 3 &* yStride)
  let z = y + 4 &* yStride
  store(HalfVector(lowHalf: upper.0.highHalf, highHalf: lower.0.highHalf), z, 0)
  store(HalfVector(lowHalf: upper.1.highHalf, highHalf: lower.1.highHalf), z, yStride)
  store(HalfVector(lowHalf: upper.2.highHalf, highHalf: lower.2.highHalf), z, 2 &* yStride)
  store(HalfVector(lowHalf: upper.3.highHalf, highHalf: lower.3.highHalf), z, 3 &* yStride)
}

/// Of four rows a, b, c, d: (a₀ b₀ c₀ d₀ a₄ b₄ c₄ d₄), and the same from 1 and 5,
/// 2 and 6, 3 and 7.
@inline(__always)
private func transposeHalf(
  _ x: ConstFloatPointer, _ stride: Int
) -> (HalfVector, HalfVector, HalfVector, HalfVector) {
  let (a, b) = (loadHalf(x, 0), loadHalf(x, stride))
  let (c, d) = (loadHalf(x, 2 &* stride), loadHalf(x, 3 &* stride))
  let abLow = HalfVector(a[0], b[0], a[1], b[1], a[4], b[4], a[5], b[5])
  let abHigh = HalfVector(a[2], b[2], a[3], b[3], a[6], b[6], a[7], b[7])
  let cdLow = HalfVector(c[0], d[0], c[1], d[1], c[4], d[4], c[5], d[5])
  let cdHigh = HalfVector(c[2], d[2], c[3], d[3], c[6], d[6], c[7], d[7])
  return (
    pairs(abLow, cdLow, from: 0), pairs(abLow, cdLow, from: 2),
    pairs(abHigh, cdHigh, from: 0), pairs(abHigh, cdHigh, from: 2)
  )
}

@inline(__always)
private func pairs(_ p: HalfVector, _ q: HalfVector, from i: Int) -> HalfVector {
  HalfVector(
    p[i], p[i &+ 1], q[i], q[i &+ 1], p[i &+ 4], p[i &+ 5], q[i &+ 4], q[i &+ 5])
}
