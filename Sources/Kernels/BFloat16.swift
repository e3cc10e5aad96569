/// out = x widened to float32, exactly. `x` holds the bits of bfloat16 numbers.
public func bfloat16ToFloat(_ out: FloatPointer, _ x: UnsafePointer<UInt16>, count: Int) {
  for i in 0..<count { out[i] = Float(bitPattern: UInt32(x[i]) << 16) }
}

/// out = the bits of x rounded to bfloat16, to nearest, ties to even; NaN stays
/// NaN.
public func floatToBfloat16(
  _ out: UnsafeMutablePointer<UInt16>, _ x: ConstFloatPointer, count: Int
) {
  for i in 0..<count {
    let bits = x[i].bitPattern
    let rounded = (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16
    // Rounding could carry a NaN's payload into infinity or zero.
    let quiet = bits >> 16 | 0x40
    let isNaN = bits & 0x7fff_ffff > 0x7f80_0000
    out[i] = UInt16(truncatingIfNeeded: isNaN ? quiet : rounded)
  }
}
