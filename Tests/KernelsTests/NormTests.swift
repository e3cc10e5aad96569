import Testing

@testable import Kernels

@Suite struct NormTests {
  @Test(arguments: [1, 7, 16, 33, 80])
  func rmsNormMatchesLoopsAndDifferences(width: Int) {
    let rows = 3
    let x = sample("x", rows * width)
    let weight = sample("weight", width)
    let dy = sample("dy", rows * width)
    func forward(_ x: [Double], _ weight: [Double]) -> [Double] {
      Naive.rmsNorm(x, weight, rows: rows, width: width, epsilon: 1e-5)
    }
    var out = [Float](repeating: .nan, count: x.count)
    var rstd = [Float](repeating: .nan, count: rows)
    rmsNorm(&out, &rstd, x, weight, rows: rows, width: width, epsilon: 1e-5)
    expectClose(out, forward(wide(x), wide(weight)), tolerance: 2e-6)

    let dxBefore = sample("dx", x.count)
    let dweightBefore = sample("dweight", width)
    var dx = dxBefore
    var dweight = dweightBefore
    rmsNormBackward(&dx, &dweight, dy, x, weight, rstd, rows: rows, width: width)
    let dxExpected = numericalGradient(wide(x)) { inner(wide(dy), forward($0, wide(weight))) }
    let dweightExpected = numericalGradient(wide(weight)) {
      inner(wide(dy), forward(wide(x), $0))
    }
    expectClose(dx, plus(dxBefore, dxExpected), tolerance: 1e-5)
    expectClose(dweight, plus(dweightBefore, dweightExpected), tolerance: 1e-5)
  }

  @Test(arguments: [2, 7, 16, 33, 80])
  func layerNormMatchesLoopsAndDifferences(width: Int) {
    let rows = 3
    let x = sample("x", rows * width)
    let weight = sample("weight", width)
    let bias = sample("bias", width)
    let dy = sample("dy", rows * width)
    func forward(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> [Double] {
      Naive.layerNorm(x, weight, bias, rows: rows, width: width, epsilon: 1e-2)
    }
    var out = [Float](repeating: .nan, count: x.count)
    var mean = [Float](repeating: .nan, count: rows)
    var rstd = [Float](repeating: .nan, count: rows)
    layerNorm(
      &out, &mean, &rstd, x, weight, bias, rows: rows, width: width, epsilon: 1e-2)
    expectClose(out, forward(wide(x), wide(weight), wide(bias)), tolerance: 2e-6)

    let dxBefore = sample("dx", x.count)
    let dweightBefore = sample("dweight", width)
    let dbiasBefore = sample("dbias", width)
    var dx = dxBefore
    var dweight = dweightBefore
    var dbias = dbiasBefore
    layerNormBackward(
      &dx, &dweight, &dbias, dy, x, weight, mean, rstd, rows: rows, width: width)
    let dxExpected = numericalGradient(wide(x)) {
      inner(wide(dy), forward($0, wide(weight), wide(bias)))
    }
    let dweightExpected = numericalGradient(wide(weight)) {
      inner(wide(dy), forward(wide(x), $0, wide(bias)))
    }
    let dbiasExpected = numericalGradient(wide(bias)) {
      inner(wide(dy), forward(wide(x), wide(weight), $0))
    }
    expectClose(dx, plus(dxBefore, dxExpected), tolerance: 1e-5)
    expectClose(dweight, plus(dweightBefore, dweightExpected), tolerance: 1e-5)
    expectClose(dbias, plus(dbiasBefore, dbiasExpected), tolerance: 1e-5)
  }
}
