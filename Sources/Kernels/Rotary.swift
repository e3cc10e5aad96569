#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Cosines and sines for rotary position embedding: position p turns the pair
/// of dimensions (i, i + D/2) of a head by the angle p · θ^(-2i/D), the "rotate
/// half" convention of Hugging Face's Llama. Source: Su et al., "RoFormer",
/// 2021.
public struct RotaryTable: Sendable {
  public let headDimension: Int
  public let maximumPositions: Int
  /// `[maximumPositions, D/2]`, rounded from double precision.
  let cosines: FloatBuffer
  let sines: FloatBuffer

  /// `headDimension` (D) must be even; `theta` is the base of the frequencies,
  /// often 10,000.
  public init(headDimension: Int, maximumPositions: Int, theta: Float) {
    precondition(
      headDimension > 0 && headDimension % 2 == 0,
      "rotary embedding needs an even head dimension, got \(headDimension)")
    self.headDimension = headDimension
    self.maximumPositions = maximumPositions
    let half = headDimension / 2
    cosines = FloatBuffer(count: maximumPositions * half)
    sines = FloatBuffer(count: maximumPositions * half)
    for i in 0..<half {
      let frequency = pow(Double(theta), -2 * Double(i) / Double(headDimension))
      for position in 0..<maximumPositions {
        let angle = Double(position) * frequency
        cosines.pointer[position * half + i] = Float(cos(angle))
        sines.pointer[position * half + i] = Float(sin(angle))
      }
    }
  }
}

/// Turns each head of each row of `x`, in place, by the row's position. `x`:
/// `[R, heads · D]`, its rows `rowStride` apart or without gaps; `positions`:
/// `[R]`, each in `0..<table.maximumPositions`.
public func rotate(
  _ x: FloatPointer, positions: UnsafePointer<Int32>, rows: Int, heads: Int,
  rowStride: Int? = nil, table: RotaryTable
) {
  KernelMeter.count(.rotation) {
    turn(
      x, positions, rows: rows, heads: heads, rowStride: rowStride, table: table, direction: 1)
  }
}

/// The gradient of `rotate`, in place on the gradient of its output: a turn is
/// orthogonal, so its gradient is the turn back.
public func rotateBackward(
  _ dx: FloatPointer, positions: UnsafePointer<Int32>, rows: Int, heads: Int,
  table: RotaryTable
) {
  KernelMeter.count(.rotation) {
    turn(
      dx, positions, rows: rows, heads: heads, rowStride: nil, table: table, direction: -1)
  }
}

private func turn(
  _ x: FloatPointer, _ positions: UnsafePointer<Int32>, rows: Int, heads: Int,
  rowStride: Int?, table: RotaryTable, direction: Float
) {
  let half = table.headDimension / 2
  let rowStride = rowStride ?? heads * table.headDimension
  for r in 0..<rows {
    let position = Int(positions[r])
    precondition(
      position >= 0 && position < table.maximumPositions,
      "position \(position) is outside the rotary table of \(table.maximumPositions)")
    let cosines = table.cosines.pointer + position * half
    let sines = table.sines.pointer + position * half
    for h in 0..<heads {
      let low = x + r * rowStride + h * table.headDimension
      let high = low + half
      forEachVector(half) { i, n in
        let c = load(cosines, i, n)
        let s = load(sines, i, n) * direction
        let a = load(low, i, n)
        let b = load(high, i, n)
        store(a * c - b * s, low, i, n)
        store(b * c + a * s, high, i, n)
      }
    }
  }
}
