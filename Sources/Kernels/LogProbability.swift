/// The log-probability of one target per row. `logits`: `[R, V]`, left as they
/// are; `targets`: `[R]`, each in `0..<V`; `logp`: `[R]`, natural logarithm of
/// softmax(logits[r])[targets[r]]; `lse`: `[R]`, log Σ e^logits, kept for the
/// backward pass; `entropy`: `[R]` in nats, or nil to leave it out.
public func logProbability(
  _ logp: FloatPointer, _ lse: FloatPointer, _ entropy: FloatPointer?,
  _ logits: ConstFloatPointer, _ targets: UnsafePointer<Int32>,
  rows: Int, vocabulary: Int
) {
  KernelMeter.count(.logProbability) {
    for r in 0..<rows {
      let row = logits + r * vocabulary
      let target = checked(targets[r], vocabulary)
      let top = maximum(row, count: vocabulary)
      let sums = exponentialSums(row, minus: top, count: vocabulary)
      let sum = SoftmaxSum(top: top, total: sums.total)
      lse[r] = sum.logSum
      logp[r] = sum.logProbability(of: row[target])
      entropy?[r] = sum.logTotal - sums.weighted / sums.total
    }
  }
}

/// In place: logits[r, :] becomes coefficients[r] · (softmax(logits[r, :]) -
/// onehot(targets[r])), the gradient of Σ -coefficients[r] · logp[r]. `logits`:
/// `[R, V]`; `lse`, `coefficients`, `targets`: `[R]`.
public func logProbabilityBackward(
  _ logits: FloatPointer, _ lse: ConstFloatPointer, _ coefficients: ConstFloatPointer,
  _ targets: UnsafePointer<Int32>, rows: Int, vocabulary: Int
) {
  KernelMeter.count(.logProbability) {
    for r in 0..<rows {
      let row = logits + r * vocabulary
      let target = checked(targets[r], vocabulary)
      let shift = lse[r]
      let coefficient = coefficients[r]
      scaledExponentials(row, minus: shift, times: coefficient, count: vocabulary)
      row[target] -= coefficient
    }
  }
}

/// Σ e^(x - shift), with the bits that `exponentials` gives, and Σ (x - shift)
/// e^(x - shift).
private func exponentialSums(
  _ x: ConstFloatPointer, minus shift: Float, count: Int
) -> (total: Float, weighted: Float) {
  var total = Vector.zero
  var weighted = Vector.zero
  var i = 0
  while i &+ vectorWidth <= count {
    let shifted = load(x, i) - shift
    let e = exp(shifted)
    total += e
    // Below the bound e is 0, and -∞ must not meet it.
    weighted = weighted.addingProduct(e, larger(shifted, Vector(repeating: -100)))
    i &+= vectorWidth
  }
  var sums = (total: sum(total), weighted: sum(weighted))
  guard i < count else { return sums }
  withPadding { block in
    block.update(repeating: -.infinity, count: vectorWidth)
    block.update(from: x + i, count: count - i)
    let last = exponentialSums(block, minus: shift, count: vectorWidth)
    sums = (sums.total + last.total, sums.weighted + last.weighted)
  }
  return sums
}

/// x = factor · e^(x - shift).
private func scaledExponentials(
  _ x: FloatPointer, minus shift: Float, times factor: Float, count: Int
) {
  var i = 0
  while i &+ vectorWidth <= count {
    store(exp(load(x, i) - shift) * factor, x, i)
    i &+= vectorWidth
  }
  guard i < count else { return }
  let rest = count - i
  withPadding { block in
    block.update(from: x + i, count: rest)
    scaledExponentials(block, minus: shift, times: factor, count: vectorWidth)
    (x + i).update(from: block, count: rest)
  }
}

private func checked(_ target: Int32, _ vocabulary: Int) -> Int {
  precondition(
    target >= 0 && Int(target) < vocabulary,
    "target token \(target) is outside the vocabulary of \(vocabulary)")
  return Int(target)
}
