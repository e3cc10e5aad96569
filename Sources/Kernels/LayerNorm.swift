/// out = (x - mean) · rstd · weight + bias with rstd = 1/√(variance + ε), by
/// row. `out`, `x`: `[R, width]`; `mean`, `rstd`: `[R]`, kept for the backward
/// pass; `weight`, `bias`: `[width]`. Source: Ba, Kiros and Hinton, "Layer
/// Normalization", 2016.
public func layerNorm(
  _ out: FloatPointer, _ mean: FloatPointer, _ rstd: FloatPointer,
  _ x: ConstFloatPointer, _ weight: ConstFloatPointer, _ bias: ConstFloatPointer,
  rows: Int, width: Int, epsilon: Float
) {
  for r in 0..<rows {
    let x = x + r * width
    let out = out + r * width
    var total = Vector.zero
    forEachVector(width) { i, n in total += load(x, i, n) }
    let centre = sum(total) / Float(width)
    // The deviations go through `out`, whose tail then needs no masking.
    forEachVector(width) { i, n in store(load(x, i, n) - centre, out, i, n) }
    let variance = dot(out, out, count: width) / Float(width)
    let scale = 1 / (variance + epsilon).squareRoot()
    mean[r] = centre
    rstd[r] = scale
    forEachVector(width) { i, n in
      let normal = load(out, i, n) * scale
      store(load(bias, i, n).addingProduct(normal, load(weight, i, n)), out, i, n)
    }
  }
}

/// Adds the gradients of `layerNorm` to `dx` (`[R, width]`), `dweight` and
/// `dbias` (`[width]`). `dy`: `[R, width]`; the rest as in the forward pass.
///
/// With x̂ = (x - mean)·rstd and g = dy·weight: dx = rstd (g - mean(g) - x̂
/// mean(g x̂)), dweight = Σ dy x̂, dbias = Σ dy.
public func layerNormBackward(
  _ dx: FloatPointer, _ dweight: FloatPointer, _ dbias: FloatPointer,
  _ dy: ConstFloatPointer, _ x: ConstFloatPointer, _ weight: ConstFloatPointer,
  _ mean: ConstFloatPointer, _ rstd: ConstFloatPointer, rows: Int, width: Int
) {
  for r in 0..<rows {
    let x = x + r * width
    let dy = dy + r * width
    let dx = dx + r * width
    let scale = rstd[r]
    let centre = mean[r]
    var gradients = Vector.zero
    var products = Vector.zero
    forEachVector(width) { i, n in
      let gradient = load(dy, i, n)
      let normal = (load(x, i, n) - centre) * scale
      let weighted = gradient * load(weight, i, n)
      gradients += weighted
      products = products.addingProduct(weighted, normal)
      store(load(dweight, i, n).addingProduct(gradient, normal), dweight, i, n)
      store(load(dbias, i, n) + gradient, dbias, i, n)
    }
    let shift = sum(gradients) / Float(width)
    let pull = sum(products) / Float(width)
    forEachVector(width) { i, n in
      let normal = (load(x, i, n) - centre) * scale
      let direct = load(dy, i, n) * load(weight, i, n) - shift - normal * pull
      store(load(dx, i, n).addingProduct(direct, Vector(repeating: scale)), dx, i, n)
    }
  }
}
