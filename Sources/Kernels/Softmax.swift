/// What divides a row's weights e^(x - top) into softmax(x), and its logarithm.
public struct SoftmaxSum: Sendable {
  let top: Float
  /// Σ e^(x - top).
  let total: Float
  let logTotal: Float

  init(top: Float, total: Float) {
    self.top = top
    self.total = total
    logTotal = log(total)
  }

  /// False if the row has a NaN or +∞, or nothing but -∞.
  public var isFinite: Bool { total.isFinite }

  /// log Σ eˣ.
  var logSum: Float { top + logTotal }

  /// Of one element of the row, natural.
  public func logProbability(of x: Float) -> Float {
    // Subtracting the maximum first keeps the digits of close logits.
    (x - top) - logTotal
  }
}

/// out = e^(x - max x), the distribution softmax(x) before the division by its sum,
/// and that sum. `out`, `x`: `[count]`; they may be the same memory.
public func softmaxWeights(
  _ out: FloatPointer, _ x: ConstFloatPointer, count: Int
) -> SoftmaxSum {
  var (top, total): (Float, Float) = (0, 0)
  KernelMeter.count(.logProbability) {
    top = maximum(x, count: count)
    total = exponentials(out, x, minus: top, count: count)
  }
  return SoftmaxSum(top: top, total: total)
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

/// out = e^(x - shift), and the sum of what was written.
///
/// A function of its own, and never inlined: the compiler inlines `exp` into
/// this short loop, but calls it, at half the speed, from longer ones.
@inline(never)
func exponentials(
  _ out: FloatPointer, _ x: ConstFloatPointer, minus shift: Float, count: Int
) -> Float {
  var total = Vector.zero
  var i = 0
  while i &+ vectorWidth <= count {
    let e = exp(load(x, i) - shift)
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
    last = exponentials(block, block, minus: shift, count: vectorWidth)
    (out + i).update(from: block, count: rest)
  }
  return whole + last
}
