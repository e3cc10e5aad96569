import Foundation
import Testing

@testable import Kernels

@Suite struct OptimizerTests {
  @Test(arguments: [(1, true), (33, true), (33, false)])
  func adamWMatchesThePaper(count: Int, decays: Bool) {
    let options = AdamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1)
    let start = sample("parameter", count)
    var parameter = start
    var m = [Float](repeating: 0, count: count)
    var v = m
    var p64 = wide(start)
    var m64 = wide(m)
    var v64 = wide(v)
    let (rate, scale) = (0.02, 0.5)
    let (beta1, beta2) = (Double(options.beta1), Double(options.beta2))
    for step in 1...5 {
      let gradient = sample("gradient\(step)", count)
      adamW(
        &parameter, gradient, &m, &v, count: count, learningRate: Float(rate),
        gradientScale: Float(scale), options: options, step: step, decays: decays)
      for i in 0..<count {
        let g = Double(gradient[i]) * scale
        m64[i] = beta1 * m64[i] + (1 - beta1) * g
        v64[i] = beta2 * v64[i] + (1 - beta2) * g * g
        let mean = m64[i] / (1 - pow(beta1, Double(step)))
        let square = v64[i] / (1 - pow(beta2, Double(step)))
        if decays { p64[i] -= rate * Double(options.weightDecay) * p64[i] }
        p64[i] -= rate * mean / (square.squareRoot() + Double(options.epsilon))
      }
      expectClose(parameter, p64, tolerance: 1e-6)
      expectClose(m, m64, tolerance: 1e-6)
      expectClose(v, v64, tolerance: 1e-6)
    }
  }

  /// A parameter that never had a gradient only decays.
  @Test func zeroGradientsAreHarmless() {
    var parameter: [Float] = [1, -2]
    var m: [Float] = [0, 0]
    var v: [Float] = [0, 0]
    adamW(
      &parameter, [0, 0], &m, &v, count: 2, learningRate: 0.5, gradientScale: 1,
      options: AdamW(weightDecay: 0.5), step: 1, decays: true)
    #expect(parameter == [0.75, -1.5])
  }

  @Test(arguments: [0, 1, 33, 4096, 10_001])
  func sumOfSquaresMatchesDoubles(count: Int) {
    let x = sample("x", count)
    let expected = x.reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(sumOfSquares(x, count: count) - expected) <= 1e-6 * expected)
  }

  @Test(arguments: [1, 33])
  func sumsAndScales(count: Int) {
    let x = sample("x", count)
    var y = sample("y", count)
    let expected = zip(x, y).map { $0 + $1 }
    addInto(&y, x, count: count)
    #expect(y == expected)
    scale(&y, by: 3, count: count)
    #expect(y == expected.map { $0 * 3 })
  }
}

@Suite struct BFloat16Tests {
  @Test func wideningIsExactAndRoundingIsToNearestEven() {
    let cases: [(Float, UInt16)] = [
      (0, 0), (-0.0, 0x8000), (1, 0x3f80), (-2.5, 0xc020),
      // 1 + 2⁻⁸ is half way, and goes to the even neighbour below; 1 + 3·2⁻⁸ to
      // the even one above; a little more than half goes up.
      (1 + 0x1p-8, 0x3f80), (1 + 0x1.8p-7, 0x3f82), (1 + 0x1.0002p-8, 0x3f81),
      (.infinity, 0x7f80), (-.infinity, 0xff80),
      (.greatestFiniteMagnitude, 0x7f80), (0x1p-149, 0),
    ]
    let x = cases.map(\.0)
    var narrow = [UInt16](repeating: 0, count: x.count)
    floatToBfloat16(&narrow, x, count: x.count)
    #expect(narrow == cases.map(\.1))
    var back = [Float](repeating: 0, count: x.count)
    bfloat16ToFloat(&back, narrow, count: x.count)
    for i in x.indices { #expect(back[i].bitPattern == UInt32(narrow[i]) << 16) }
  }

  @Test func notANumberStaysOne() {
    let x = [Float(bitPattern: 0x7f80_0001), -.nan, .nan]
    var narrow = [UInt16](repeating: 0, count: 3)
    floatToBfloat16(&narrow, x, count: 3)
    var back = [Float](repeating: 0, count: 3)
    bfloat16ToFloat(&back, narrow, count: 3)
    #expect(back.allSatisfy { $0.isNaN })
  }

  @Test func everyBfloat16SurvivesTheRoundTrip() {
    let all = (0...UInt16.max).filter { $0 & 0x7fff <= 0x7f80 }
    var wide = [Float](repeating: 0, count: all.count)
    bfloat16ToFloat(&wide, all, count: all.count)
    var narrow = [UInt16](repeating: 0, count: all.count)
    floatToBfloat16(&narrow, wide, count: all.count)
    #expect(narrow == all)
  }
}
