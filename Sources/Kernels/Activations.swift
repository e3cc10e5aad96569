internal import CKernels

/// out = silu(gate) · up with silu(g) = g · sigmoid(g), element by element.
/// Source: Shazeer, "GLU Variants Improve Transformer", 2020.
public func swiGLU(
  _ out: FloatPointer, _ gate: ConstFloatPointer, _ up: ConstFloatPointer, count: Int
) {
  KernelMeter.count(.activation) { solon_swiglu(out, gate, up, count) }
}

/// The same of `rows` rows of `count` elements: those of `out` are `outStride` apart,
/// those of `gate` and `up` `stride`.
public func swiGLU(
  _ out: FloatPointer, outStride: Int, _ gate: ConstFloatPointer, _ up: ConstFloatPointer,
  stride: Int, rows: Int, count: Int
) {
  KernelMeter.count(.activation) {
    for r in 0..<rows {
      solon_swiglu(out + r * outStride, gate + r * stride, up + r * stride, count)
    }
  }
}

/// Writes (does not add) the gradients of `swiGLU` into `dgate` and `dup`,
/// which may be the memory of `gate` and `up`. All have `count` elements.
public func swiGLUBackward(
  _ dgate: FloatPointer, _ dup: FloatPointer, _ dout: ConstFloatPointer,
  _ gate: ConstFloatPointer, _ up: ConstFloatPointer, count: Int
) {
  KernelMeter.count(.activation) {
    solon_swiglu_backward(dgate, dup, dout, gate, up, count)
  }
}

/// out = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), the tanh form of GELU.
/// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
public func gelu(_ out: FloatPointer, _ x: ConstFloatPointer, count: Int) {
  var i = 0
  while i &+ vectorWidth <= count {
    let v = load(x, i)
    store(0.5 * v * (1 + tanh(geluInner(v))), out, i)
    i &+= vectorWidth
  }
  guard i < count else { return }
  let rest = count - i
  withPadding { block in
    block.update(from: x + i, count: rest)
    gelu(block, block, count: vectorWidth)
    (out + i).update(from: block, count: rest)
  }
}

/// Adds the gradient of `gelu` to `dx`. `dx`, `dout`, `x`: `count` elements.
public func geluBackward(
  _ dx: FloatPointer, _ dout: ConstFloatPointer, _ x: ConstFloatPointer, count: Int
) {
  var i = 0
  while i &+ vectorWidth <= count {
    let v = load(x, i)
    let t = tanh(geluInner(v))
    let slope = rootTwoOverPi * (1 + 3 * geluCubic * v * v)
    let derivative = 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * slope
    store(load(dx, i).addingProduct(load(dout, i), derivative), dx, i)
    i &+= vectorWidth
  }
  guard i < count else { return }
  let rest = count - i
  withPadding { block in
    let (a, b, c) = (block, block + vectorWidth, block + 2 * vectorWidth)
    a.update(from: dx + i, count: rest)
    b.update(from: dout + i, count: rest)
    c.update(from: x + i, count: rest)
    geluBackward(a, b, c, count: vectorWidth)
    (dx + i).update(from: a, count: rest)
  }
}

private let rootTwoOverPi: Float = 0.797_884_56
private let geluCubic: Float = 0.044_715

@inline(__always)
private func geluInner(_ v: Vector) -> Vector {
  rootTwoOverPi * v.addingProduct(geluCubic * v * v, v)
}
