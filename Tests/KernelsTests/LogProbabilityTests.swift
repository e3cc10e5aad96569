import Foundation
import Testing

@testable import Kernels

@Suite struct LogProbabilityTests {
  private func naive(_ logits: [Double], _ targets: [Int32], vocabulary: Int) -> [Double] {
    let p = Naive.softmax(logits, rows: targets.count, width: vocabulary)
    return targets.enumerated().map { r, t in Foundation.log(p[r * vocabulary + Int(t)]) }
  }

  @Test(arguments: [2, 7, 16, 33, 1024])
  func matchesLoopsAndDifferences(vocabulary: Int) {
    let targets: [Int32] = [0, Int32(vocabulary - 1), Int32(vocabulary / 2)]
    let rows = targets.count
    let logits = sample("logits", rows * vocabulary, scale: 3)
    var logp = [Float](repeating: .nan, count: rows)
    var lse = logp
    var entropy = logp
    logProbability(
      &logp, &lse, &entropy, logits, targets, rows: rows, vocabulary: vocabulary)
    expectClose(logp, naive(wide(logits), targets, vocabulary: vocabulary), tolerance: 1e-6)
    let p = Naive.softmax(wide(logits), rows: rows, width: vocabulary)
    let entropies = (0..<rows).map { r in
      -p[(r * vocabulary)..<((r + 1) * vocabulary)].reduce(0) { $0 + $1 * Foundation.log($1) }
    }
    expectClose(entropy, entropies, tolerance: 2e-6)
    var without = [Float](repeating: .nan, count: rows)
    logProbability(
      &without, &lse, nil, logits, targets, rows: rows, vocabulary: vocabulary)
    #expect(bits(without) == bits(logp))

    let coefficients = sample("coefficients", rows)
    var gradient = logits
    logProbabilityBackward(
      &gradient, lse, coefficients, targets, rows: rows, vocabulary: vocabulary)
    guard vocabulary <= 33 else { return }
    let expected = numericalGradient(wide(logits)) {
      -inner(wide(coefficients), naive($0, targets, vocabulary: vocabulary))
    }
    expectClose(gradient, expected, tolerance: 1e-5)
  }

  /// Shifting all logits changes nothing, however far from 0 they are.
  @Test func isStableFarFromZero() {
    let logits: [Float] = [1000, 1001, 999, -.infinity]
    var logp: Float = .nan
    var lse: Float = .nan
    var entropy: Float = .nan
    logProbability(&logp, &lse, &entropy, logits, [1], rows: 1, vocabulary: 4)
    let total = 1 + Foundation.exp(-1.0) + Foundation.exp(-2.0)
    #expect(abs(Double(logp) + Foundation.log(total)) < 1e-6)
    let expected = Foundation.log(total) + (Foundation.exp(-1.0) + 2 * Foundation.exp(-2.0)) / total
    #expect(abs(Double(entropy) - expected) < 1e-6)
  }
}
