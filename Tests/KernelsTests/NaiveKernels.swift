// The kernels again as plain loops in double precision: what the tests compare
// with. Shapes and letters as in the kernels.

import Foundation

enum Naive {
  static func matmul(
    _ x: [Double], _ w: [Double], rows: Int, inputs: Int, outputs: Int
  ) -> [Double] {
    var y = [Double](repeating: 0, count: rows * outputs)
    for r in 0..<rows {
      for o in 0..<outputs {
        for i in 0..<inputs { y[r * outputs + o] += x[r * inputs + i] * w[o * inputs + i] }
      }
    }
    return y
  }

  static func rmsNorm(
    _ x: [Double], _ weight: [Double], rows: Int, width: Int, epsilon: Double
  ) -> [Double] {
    (0..<rows).flatMap { r in
      let row = x[(r * width)..<((r + 1) * width)]
      let square = row.reduce(0) { $0 + $1 * $1 } / Double(width)
      return zip(row, weight).map { $0 / (square + epsilon).squareRoot() * $1 }
    }
  }

  static func layerNorm(
    _ x: [Double], _ weight: [Double], _ bias: [Double], rows: Int, width: Int,
    epsilon: Double
  ) -> [Double] {
    (0..<rows).flatMap { r in
      let row = x[(r * width)..<((r + 1) * width)]
      let mean = row.reduce(0, +) / Double(width)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return row.enumerated().map { i, value in
        (value - mean) / (variance + epsilon).squareRoot() * weight[i] + bias[i]
      }
    }
  }

  /// Complex multiplication of the pair (i, i + D/2) by e^(i·angle).
  static func rotate(
    _ x: [Double], positions: [Int32], heads: Int, dimension: Int, theta: Double
  ) -> [Double] {
    var y = x
    for (r, position) in positions.enumerated() {
      for h in 0..<heads {
        for i in 0..<(dimension / 2) {
          let angle = Double(position) / pow(theta, Double(2 * i) / Double(dimension))
          let low = (r * heads + h) * dimension + i
          let high = low + dimension / 2
          y[low] = x[low] * cos(angle) - x[high] * sin(angle)
          y[high] = x[low] * sin(angle) + x[high] * cos(angle)
        }
      }
    }
    return y
  }

  static func softmax(_ x: [Double], rows: Int, width: Int) -> [Double] {
    (0..<rows).flatMap { r in
      let row = x[(r * width)..<((r + 1) * width)]
      let top = row.max()!
      let powers = row.map { Foundation.exp($0 - top) }
      let total = powers.reduce(0, +)
      return powers.map { $0 / total }
    }
  }

  static func swiGLU(_ gate: [Double], _ up: [Double]) -> [Double] {
    zip(gate, up).map { $0 / (1 + Foundation.exp(-$0)) * $1 }
  }

  static func gelu(_ x: [Double]) -> [Double] {
    x.map { v in
      0.5 * v * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (v + 0.044715 * v * v * v)))
    }
  }

  struct AttentionShape {
    var offsets: [Int]
    var heads: Int
    var keyValueHeads: Int
    var dimension: Int
    var rows: Int { offsets.last! }
    var queryWidth: Int { heads * dimension }
    var keyWidth: Int { keyValueHeads * dimension }
  }

  static func attention(
    _ q: [Double], _ k: [Double], _ v: [Double], _ shape: AttentionShape
  ) -> (out: [Double], lse: [Double]) {
    let d = shape.dimension
    var out = [Double](repeating: 0, count: shape.rows * shape.queryWidth)
    var lse = [Double](repeating: 0, count: shape.rows * shape.heads)
    for (begin, end) in zip(shape.offsets, shape.offsets.dropFirst()) {
      for t in begin..<end {
        for h in 0..<shape.heads {
          let g = h * shape.keyValueHeads / shape.heads
          let scores = (begin...t).map { j in
            (0..<d).reduce(0.0) {
              $0 + q[t * shape.queryWidth + h * d + $1] * k[j * shape.keyWidth + g * d + $1]
            } / Double(d).squareRoot()
          }
          let top = scores.max()!
          let total = scores.reduce(0) { $0 + Foundation.exp($1 - top) }
          lse[t * shape.heads + h] = top + Foundation.log(total)
          for (j, score) in zip(begin...t, scores) {
            let p = Foundation.exp(score - top) / total
            for i in 0..<d {
              out[t * shape.queryWidth + h * d + i] += p * v[j * shape.keyWidth + g * d + i]
            }
          }
        }
      }
    }
    return (out, lse)
  }
}
