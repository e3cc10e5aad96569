/// y += x, element by element.
public func addInto(_ y: FloatPointer, _ x: ConstFloatPointer, count: Int) {
  forEachVector(count) { i, n in
    store(load(y, i, n) + load(x, i, n), y, i, n)
  }
}

/// y *= factor.
public func scale(_ y: FloatPointer, by factor: Float, count: Int) {
  scale(y, y, by: factor, count: count)
}

/// y = x · factor, element by element.
func scale(_ y: FloatPointer, _ x: ConstFloatPointer, by factor: Float, count: Int) {
  forEachVector(count) { i, n in
    store(load(x, i, n) * factor, y, i, n)
  }
}

/// Σ x², in a fixed order: 4,096 elements at a time in float32 lanes, those
/// sums in double. Equal inputs give equal results on every machine.
public func sumOfSquares(_ x: ConstFloatPointer, count: Int) -> Double {
  let block = 4096
  var total = 0.0
  var start = 0
  while start < count {
    let n = min(block, count - start)
    total += Double(dot(x + start, x + start, count: n))
    start += n
  }
  return total
}

/// Σ x y in a fixed order that depends only on `count`.
@inline(__always)
func dot(_ x: ConstFloatPointer, _ y: ConstFloatPointer, count: Int) -> Float {
  var a = Vector.zero
  var b = Vector.zero
  var i = 0
  while i &+ 2 &* vectorWidth <= count {
    a = a.addingProduct(load(x, i), load(y, i))
    b = b.addingProduct(load(x, i &+ vectorWidth), load(y, i &+ vectorWidth))
    i &+= 2 &* vectorWidth
  }
  if i &+ vectorWidth <= count {
    a = a.addingProduct(load(x, i), load(y, i))
    i &+= vectorWidth
  }
  var tail: Float = 0
  while i < count {
    tail = tail.addingProduct(x[i], y[i])
    i &+= 1
  }
  return sum(a + b) + tail
}
