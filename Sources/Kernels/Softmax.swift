/// out = softmax(x) by row, shifted by the row's maximum. `out`, `x`:
/// `[R, width]`; they may be the same memory.
public func softmax(
  _ out: FloatPointer, _ x: ConstFloatPointer, rows: Int, width: Int
) {
  for r in 0..<rows {
    let out = out + r * width
    let top = maximum(x + r * width, count: width)
    let total = exponentials(out, x + r * width, minus: top, count: width)
    scale(out, by: 1 / total, count: width)
  }
}

/// Adds the gradient of `softmax` to `dx`: y (dy - Σ y dy). `dx`, `dy`, `y`
/// (the forward result): `[R, width]`.
public func softmaxBackward(
  _ dx: FloatPointer, _ dy: ConstFloatPointer, _ y: ConstFloatPointer,
  rows: Int, width: Int
) {
  for r in 0..<rows {
    let y = y + r * width
    let dy = dy + r * width
    let dx = dx + r * width
    let mean = dot(y, dy, count: width)
    forEachVector(width) { i, n in
      store(load(dx, i, n).addingProduct(load(y, i, n), load(dy, i, n) - mean), dx, i, n)
    }
  }
}

/// The largest of `count` elements; -∞ for none.
@inline(__always)
func maximum(_ x: ConstFloatPointer, count: Int) -> Float {
  var top = Vector(repeating: -.infinity)
  var i = 0
  while i &+ vectorWidth <= count {
    top = larger(top, load(x, i))
    i &+= vectorWidth
  }
  var result = maximum(top)
  while i < count {
    result = max(result, x[i])
    i &+= 1
  }
  return result
}

/// out = e^(scaling · (x - shift)), and the sum of what was written.
///
/// A function of its own, and never inlined: the compiler inlines `exp` into
/// this short loop, but calls it, at half the speed, from longer ones.
@inline(never)
func exponentials(
  _ out: FloatPointer, _ x: ConstFloatPointer, minus shift: Float,
  scaling: Float = 1, count: Int
) -> Float {
  var total = Vector.zero
  var i = 0
  while i &+ vectorWidth <= count {
    let e = exp((load(x, i) - shift) * scaling)
    total += e
    store(e, out, i)
    i &+= vectorWidth
  }
  let whole = sum(total)
  guard i < count else { return whole }
  let rest = count - i
  var last: Float = 0
  withPadding { block in
    block.update(repeating: -.infinity, count: vectorWidth)
    block.update(from: x + i, count: rest)
    last = exponentials(
      block, block, minus: shift, scaling: scaling, count: vectorWidth)
    (out + i).update(from: block, count: rest)
  }
  return whole + last
}
