// Elementary functions on vectors, after the single-precision Cephes library
// (S. Moshier): reduction to a small interval and a minimax polynomial. They
// use no library call, so a result does not depend on the C library, and are
// measured against double precision in the tests.

/// Adding and subtracting 1.5 · 2²³ rounds to the nearest integer, and leaves
/// that integer in the low bits of the sum.
private let roundingBias: Float = 12_582_912

private let log2e: Float = 1.442_695_04
// ln 2 in two parts; the high part times any exponent is exact.
private let ln2High: Float = 0.693_359_375
private let ln2Low: Float = -2.121_944_4e-4

/// eˣ, within 2 units in the last place for x in [-87.3, 88.37]. 0 below -87.7
/// (where the result would be denormal), e^88.376 above that; NaN stays NaN.
@inline(__always)
func exp(_ x: Vector) -> Vector {
  let y = smaller(larger(x, Vector(repeating: -88)), Vector(repeating: 88.376_26))
  let biased = Vector(repeating: roundingBias).addingProduct(y, Vector(repeating: log2e))
  let n = biased - roundingBias
  let r = y.addingProduct(n, Vector(repeating: -ln2High))
    .addingProduct(n, Vector(repeating: -ln2Low))
  var p = Vector(repeating: 1.987_569_15e-4)
  p = Vector(repeating: 1.398_199_95e-3).addingProduct(p, r)
  p = Vector(repeating: 8.333_452e-3).addingProduct(p, r)
  p = Vector(repeating: 4.166_579_6e-2).addingProduct(p, r)
  p = Vector(repeating: 1.666_666_55e-1).addingProduct(p, r)
  p = Vector(repeating: 0.5).addingProduct(p, r)
  p = (r + 1).addingProduct(p, r * r)
  // 2ⁿ from its bits; for n = -127, the least that the clamp leaves, they are 0.
  let power = (unsafeBitCast(biased, to: SIMD16<Int32>.self) &<< 23) &+ 0x3f80_0000
  return p * unsafeBitCast(power, to: Vector.self)
}

/// Hyperbolic tangent: a polynomial near 0, through eˣ elsewhere.
@inline(__always)
func tanh(_ x: Vector) -> Vector {
  let square = x * x
  var p = Vector(repeating: -5.704_988_7e-3)
  p = Vector(repeating: 2.063_908_85e-2).addingProduct(p, square)
  p = Vector(repeating: -5.373_971_2e-2).addingProduct(p, square)
  p = Vector(repeating: 1.333_144_22e-1).addingProduct(p, square)
  p = Vector(repeating: -3.333_328_2e-1).addingProduct(p, square)
  let near = x.addingProduct(p * square, x)
  let far = 1 - 2 / (exp(x + x) + 1)
  return far.replacing(with: near, where: square .< 0.625 * 0.625)
}

/// Natural logarithm of a positive, normal, finite number.
@inline(__always)
func log(_ x: Vector) -> Vector {
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
  // x = m · 2ᵉ with m in [√½, √2).
  let shifted = bits &- 0x3f35_04f3
  let exponent = shifted &>> 23
  let m = unsafeBitCast(
    (shifted & 0x007f_ffff) &+ 0x3f35_04f3, to: Vector.self)
  // An integer below 2²² becomes a float through the rounding bias's bits.
  let e = unsafeBitCast(exponent &+ 0x4b40_0000, to: Vector.self) - roundingBias
  let f = m - 1
  let square = f * f
  var p = Vector(repeating: 7.037_683_6e-2)
  p = Vector(repeating: -1.151_461_03e-1).addingProduct(p, f)
  p = Vector(repeating: 1.167_699_87e-1).addingProduct(p, f)
  p = Vector(repeating: -1.242_014_08e-1).addingProduct(p, f)
  p = Vector(repeating: 1.424_932_28e-1).addingProduct(p, f)
  p = Vector(repeating: -1.666_805_77e-1).addingProduct(p, f)
  p = Vector(repeating: 2.000_071_48e-1).addingProduct(p, f)
  p = Vector(repeating: -2.499_999_4e-1).addingProduct(p, f)
  p = Vector(repeating: 3.333_333_1e-1).addingProduct(p, f)
  var y = p * f * square
  y = y.addingProduct(e, Vector(repeating: ln2Low))
  y = y.addingProduct(square, Vector(repeating: -0.5))
  return (f + y).addingProduct(e, Vector(repeating: ln2High))
}

/// Natural logarithm of one positive, normal, finite number.
func log(_ x: Float) -> Float { log(Vector(repeating: x))[0] }

/// 1/√x within 2 units in the last place for positive normal x: a first guess
/// from the bits (C. Lomont, "Fast inverse square root", 2003) and three Newton
/// steps. The library's vector square root is one call per element. For x = 0
/// it is large and finite.
@inline(__always)
func inverseSquareRoot(_ x: Vector) -> Vector {
  let bits = unsafeBitCast(x, to: SIMD16<Int32>.self)
  var y = unsafeBitCast(0x5f37_5a86 &- (bits &>> 1), to: Vector.self)
  let half = x * -0.5
  for _ in 0..<3 {
    y = y * Vector(repeating: 1.5).addingProduct(half * y, y)
  }
  return y
}
