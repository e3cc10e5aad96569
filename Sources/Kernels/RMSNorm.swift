/// out = x · rstd · weight with rstd = 1/√(mean(x²) + ε), by row. `out`, `x`:
/// `[R, width]`; `rstd`: `[R]`, kept for the backward pass; `weight`:
/// `[width]`. Source: Zhang and Sennrich, "Root Mean Square Layer
/// Normalization", 2019.
public func rmsNorm(
  _ out: FloatPointer, _ rstd: FloatPointer, _ x: ConstFloatPointer,
  _ weight: ConstFloatPointer, rows: Int, width: Int, epsilon: Float
) {
  KernelMeter.count(.normalization) {
    for r in 0..<rows {
      let x = x + r * width
      let out = out + r * width
      let scale = 1 / (dot(x, x, count: width) / Float(width) + epsilon).squareRoot()
      rstd[r] = scale
      forEachVector(width) { i, n in
        store(load(x, i, n) * scale * load(weight, i, n), out, i, n)
      }
    }
  }
}

/// Adds the gradients of `rmsNorm` to `dx` (`[R, width]`) and `dweight`
/// (`[width]`). `dy`: `[R, width]`; `x`, `weight`, `rstd` as in the forward
/// pass.
///
/// With x̂ = x·rstd and g = dy·weight: dx = rstd (g - x̂ mean(g x̂)), dweight =
/// Σ dy x̂.
public func rmsNormBackward(
  _ dx: FloatPointer, _ dweight: FloatPointer, _ dy: ConstFloatPointer,
  _ x: ConstFloatPointer, _ weight: ConstFloatPointer, _ rstd: ConstFloatPointer,
  rows: Int, width: Int
) {
  KernelMeter.count(.normalization) {
    for r in 0..<rows {
      let x = x + r * width
      let dy = dy + r * width
      let dx = dx + r * width
      let scale = rstd[r]
      var products = Vector.zero
      forEachVector(width) { i, n in
        let gradient = load(dy, i, n)
        let scaled = gradient * load(x, i, n)
        products = products.addingProduct(scaled, load(weight, i, n))
        store(load(dweight, i, n).addingProduct(scaled, Vector(repeating: scale)), dweight, i, n)
      }
      let pull = sum(products) * scale * scale * scale / Float(width)
      forEachVector(width) { i, n in
        let direct = load(dy, i, n) * load(weight, i, n) * scale
        store(load(dx, i, n) + direct - load(x, i, n) * pull, dx, i, n)
      }
    }
  }
}
