import Foundation
import Testing

@testable import Kernels

@Suite struct ElementaryTests {
  /// The largest error in units of the last place of the exact value's float.
  private func worst(
    from low: Float, through high: Float, _ actual: (Vector) -> Vector,
    _ exact: (Double) -> Double
  ) -> Double {
    let count = 1 << 16
    var worst = 0.0
    for i in stride(from: 0, to: count, by: vectorWidth) {
      var x = Vector.zero
      for lane in 0..<vectorWidth {
        x[lane] = low + (high - low) * Float(i + lane) / Float(count - 1)
      }
      let y = actual(x)
      for lane in 0..<vectorWidth {
        let expected = exact(Double(x[lane]))
        let error = abs(Double(y[lane]) - expected) / Double(Float(expected).ulp)
        worst = error.isNaN ? .infinity : max(worst, error)
      }
    }
    return worst
  }

  @Test func exponentialIsWithinTwoUlp() {
    #expect(worst(from: -87.3, through: 88.37, { Kernels.exp($0) }, Foundation.exp) < 2)
    #expect(worst(from: -1, through: 1, { Kernels.exp($0) }, Foundation.exp) < 2)
  }

  @Test func exponentialAtTheEdges() {
    let x: [Float] = [0, -.infinity, -1000, -88, -87.9, 1000, .infinity, .nan]
    var v = Vector.zero
    for (i, value) in x.enumerated() { v[i] = value }
    let y = Kernels.exp(v)
    #expect(y[0] == 1)
    for i in 1...4 { #expect(y[i] == 0) }
    for i in 5...6 { #expect(y[i] > 2e38 && y[i].isFinite) }
    #expect(y[7].isNaN)
  }

  @Test func logarithmIsWithinTwoUlp() {
    #expect(worst(from: 1e-30, through: 1e-3, { Kernels.log($0) }, Foundation.log) < 2)
    #expect(worst(from: 0.5, through: 2, { Kernels.log($0) }, Foundation.log) < 2)
    #expect(worst(from: 2, through: 1e6, { Kernels.log($0) }, Foundation.log) < 2)
    #expect(Kernels.log(1) == 0)
  }

  @Test func hyperbolicTangentIsWithinThreeUlp() {
    #expect(worst(from: -10, through: 10, { Kernels.tanh($0) }, Foundation.tanh) < 3)
    #expect(worst(from: -0.7, through: 0.7, { Kernels.tanh($0) }, Foundation.tanh) < 3)
    #expect(worst(from: -1e-3, through: 1e-3, { Kernels.tanh($0) }, Foundation.tanh) < 3)
  }

  @Test func sigmoidIsWithinThreeUlp() {
    // What SwiGLU gates a number with that undoes the product by the gate.
    func sigmoid(_ x: Vector) -> Vector {
      let (gate, up) = ((0..<vectorWidth).map { x[$0] }, (0..<vectorWidth).map { 1 / x[$0] })
      var out = [Float](repeating: .nan, count: vectorWidth)
      swiGLU(&out, gate, up, count: vectorWidth)
      return Vector(out)
    }
    let exact = { (x: Double) in 1 / (1 + Foundation.exp(-x)) }
    #expect(worst(from: -80, through: 80, sigmoid, exact) < 5)
    #expect(worst(from: -3, through: 3, sigmoid, exact) < 5)
  }

  @Test func inverseRootIsWithinThreeUlp() {
    let exact = { (x: Double) in 1 / x.squareRoot() }
    for scale in [1e-30, 1e-12, 1, 1e12, 1e30] as [Float] {
      #expect(worst(from: scale, through: 5 * scale, { inverseSquareRoot($0) }, exact) < 3)
    }
    #expect(inverseSquareRoot(Vector.zero)[0].isFinite)
  }
}
