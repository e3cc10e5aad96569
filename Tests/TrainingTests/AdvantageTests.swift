import Foundation
import KeyedRandom
import Testing

@testable import Training

@Suite struct AdvantageTests {
  private func normals(_ count: Int, _ item: String) -> [Float] {
    var generator = RandomKey(seed: 1, stage: "test", item: item).generator()
    return (0..<count).map { _ in Float(generator.normal()) }
  }

  /// The sum of discounted errors written out, O(T²).
  @Test(arguments: [(1.0, 0.95), (0.9, 0.5), (1, 1), (0.99, 0)], [1, 2, 17])
  func generalizedAdvantagesMatchTheSum(rates: (Double, Double), count: Int) {
    let (gamma, lambda) = rates
    let rewards = normals(count, "r")
    let values = normals(count, "v")
    let (advantages, returns) = generalizedAdvantages(
      rewards: rewards, values: values, gamma: gamma, lambda: lambda)
    for t in 0..<count {
      var sum = 0.0
      for l in t..<count {
        let next = l + 1 < count ? Double(values[l + 1]) : 0
        let delta = Double(rewards[l]) + gamma * next - Double(values[l])
        sum += pow(gamma * lambda, Double(l - t)) * delta
      }
      #expect(abs(Double(advantages[t]) - sum) < 1e-5)
      #expect(abs(returns[t] - advantages[t] - values[t]) < 1e-5)
    }
    if lambda == 1, gamma == 1 {
      // Then a return is the sum of the rewards to come.
      #expect(abs(returns[0] - rewards.reduce(0, +)) < 1e-4)
    }
  }

  /// Against a padded rectangle with a mask, as other implementations keep it.
  @Test func whiteningIsMasked() {
    let groups = [normals(3, "a"), normals(9, "b"), normals(1, "c")]
    let width = 9
    var padded: [Double] = []
    var mask: [Double] = []
    for group in groups {
      padded += group.map(Double.init) + [Double](repeating: 1e6, count: width - group.count)
      mask += group.map { _ in 1 } + [Double](repeating: 0, count: width - group.count)
    }
    let n = mask.reduce(0, +)
    let mean = zip(padded, mask).reduce(0) { $0 + $1.0 * $1.1 } / n
    let square = zip(padded, mask).reduce(0) { $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1 }
    let variance = square / (n - 1)
    for keepingMean in [false, true] {
      let result = whiten(groups, keepingMean: keepingMean)
      #expect(result.map(\.count) == [3, 9, 1])
      for (row, group) in result.enumerated() {
        for (column, value) in group.enumerated() {
          let expected =
            (padded[row * width + column] - mean) / variance.squareRoot()
            + (keepingMean ? mean : 0)
          #expect(abs(Double(value) - expected) < 1e-5)
        }
      }
    }
    #expect(whiten([[2]]) == [[2]])
    #expect(whiten([[3, 3], [3]]) == [[0, 0], [0]])
  }

  @Test func rewardsPenaliseEveryTokenAndPayAtTheEnd() {
    let rewards = tokenRewards(kl: [0.5, -1, 2], klCoefficient: 0.1, final: 3)
    for (value, expected) in zip(rewards, [-0.05, 0.1, 2.8] as [Float]) {
      #expect(abs(value - expected) < 1e-6)
    }
  }

  @Test func explainedVarianceHasItsFixedPoints() {
    let returns: [Float] = [1, 2, 3, 4]
    #expect(explainedVariance(values: returns, returns: returns) == 1)
    #expect(explainedVariance(values: [5, 5, 5, 5], returns: returns) == 0)
    #expect(explainedVariance(values: [-1, -2, -3, -4], returns: returns) < 0)
    #expect(explainedVariance(values: [1, 2], returns: [3, 3]) == 0)
  }

  @Test func kl3EstimatesWithoutSign() {
    for k in [-2, -0.1, 0, 0.3, 4.0] {
      #expect(abs(kl3(k) - (exp(-k) - 1 + k)) < 1e-12)
      #expect(kl3(k) >= 0)
    }
  }

  @Test func distinctNGramsAreCounted() {
    #expect(distinctNGrams([[1, 2, 1, 2], [1, 2]], n: 1) == 2.0 / 6)
    #expect(distinctNGrams([[1, 2, 1, 2], [1, 2]], n: 2) == 2.0 / 4)
    #expect(distinctNGrams([[1, 2, 1, 2], [1, 2]], n: 3) == 1)
    #expect(distinctNGrams([[1]], n: 2) == 1)
  }
}
