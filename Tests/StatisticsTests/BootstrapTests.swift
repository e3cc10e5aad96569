import KeyedRandom
import Statistics
import Testing

@Suite struct BootstrapTests {
  private func key(_ item: Int = 0) -> RandomKey { RandomKey(seed: 1, stage: "b", item: item) }

  /// The method that figures on record were made with, written out: one number
  /// for each draw, summed in the order of drawing.
  private func recorded(_ values: [Double], resamples: Int, key: RandomKey) -> [Double] {
    var generator = key.generator()
    var means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[generator.index(below: values.count)] }
      return sum / Double(values.count)
    }
    means.sort()
    return [
      values.reduce(0, +) / Double(values.count), means[Int(0.025 * Double(resamples))],
      means[min(resamples - 1, Int(0.975 * Double(resamples)))],
    ]
  }

  @Test(arguments: [1, 7, 40, 500])
  func figuresOnRecordKeepTheirBits(_ count: Int) {
    var generator = RandomKey(seed: 2, stage: "values", item: count).generator()
    let values = (0..<count).map { _ in generator.normal() }
    for resamples in [1, 10, 1000] {
      let estimate = bootstrapMean(values, resamples: resamples, key: key(count))
      #expect(
        [estimate.value, estimate.low, estimate.high]
          == recorded(values, resamples: resamples, key: key(count)))
      #expect(estimate == bootstrapMean(bySeed: [values], resamples: resamples, key: key(count)))
    }
  }

  /// Against the normal interval of the mean, which the bootstrap must
  /// approach for many values.
  @Test func agreesWithTheNormalInterval() {
    var generator = RandomKey(seed: 1, stage: "values", item: 0).generator()
    let values = (0..<800).map { _ in 2 + generator.normal() }
    let interval = bootstrapMean(values, resamples: 4000, key: key())
    let mean = values.reduce(0, +) / 800
    let deviation =
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 799).squareRoot()
    let half = 1.96 * deviation / Double(800).squareRoot()
    #expect(abs(interval.value - mean) < 1e-12)
    #expect(abs(interval.low - (mean - half)) < 0.15 * half)
    #expect(abs(interval.high - (mean + half)) < 0.15 * half)
    #expect(interval.count == 800)
  }

  @Test func equalValuesHaveNoWidth() {
    let interval = bootstrapMean([3, 3, 3], resamples: 100, key: key())
    #expect(interval.low == 3 && interval.high == 3 && interval.value == 3)
    #expect(interval.pValue == 1.0 / 101)
    #expect(bootstrapMean([0, 0], resamples: 100, key: key()).pValue == 1)
  }

  /// scipy 1.17.1: stats.bootstrap((values,), np.mean, n_resamples=200000,
  /// method="percentile").
  @Test func agreesWithScipy() {
    let values = [3.1, -0.4, 1.2, 0.7, 2.5, -1.1, 0.3, 1.9, 0.8, -0.2]
    let estimate = bootstrapMean(values, resamples: 40_000, key: key())
    #expect(abs(estimate.low - 0.12) < 0.03)
    #expect(abs(estimate.high - 1.67) < 0.03)
  }

  /// numpy 2.4.6, 400 000 draws of seeds and items:
  /// T[s[:, :, None], i[:, None, :]].mean((1, 2)), its percentiles, and twice the
  /// smaller share on either side of 0.
  @Test func twoLevelsAgreeWithNumpy() throws {
    let table = [
      [0.2, 0.9, -0.3, 0.6, 0.1, 0.5], [0.4, 1.1, -0.6, 0.2, 0.3, 0.9],
      [-0.1, 0.7, -0.2, 0.9, 0.0, 0.4],
    ]
    let estimate = bootstrapMean(bySeed: table, resamples: 40_000, key: key())
    #expect(abs(estimate.value - 0.33333333333333337) < 1e-12)
    #expect(abs(estimate.low - -0.01666667) < 0.012)
    #expect(abs(estimate.high - 0.66666667) < 0.012)
    #expect(abs(try #require(estimate.pValue) - 0.05681) < 0.006)
    #expect(estimate.count == 6)
  }

  @Test func equalKeysGiveEqualIntervals() {
    let table = [[1.0, 2, 5], [2, 2, 9]]
    let first = bootstrapMean(bySeed: table, resamples: 200, key: key())
    #expect(first == bootstrapMean(bySeed: table, resamples: 200, key: key()))
    #expect(first != bootstrapMean(bySeed: table, resamples: 200, key: key(1)))
  }

  /// Intervals of samples of a known mean hold it about 95 times in 100; for 40
  /// normal values the percentile bootstrap is known to reach about 0.94.
  @Test func covers() {
    let trials = 600
    let hits = (0..<trials).count { trial in
      var generator = RandomKey(seed: 3, stage: "coverage", item: trial).generator()
      let values = (0..<40).map { _ in 1 + 2 * generator.normal() }
      let estimate = bootstrapMean(values, resamples: 400, key: key(trial))
      return estimate.low <= 1 && 1 <= estimate.high
    }
    #expect((0.905...0.97).contains(Double(hits) / Double(trials)), "\(hits) of \(trials)")
  }

  /// The same with effects of seeds and items: items alone would miss far more
  /// often. Ten seeds, so that too little is lost to their small number.
  @Test func twoLevelsCover() {
    let trials = 300
    func hits(_ interval: ([[Double]], Int) -> Estimate) -> Double {
      let hits = (0..<trials).count { trial in
        var generator = RandomKey(seed: 4, stage: "coverage", item: trial).generator()
        let items = (0..<30).map { _ in generator.normal() }
        let table = (0..<10).map { _ in
          let seed = 0.6 * generator.normal()
          return items.map { 1 + $0 + seed + 0.5 * generator.normal() }
        }
        let estimate = interval(table, trial)
        return estimate.low <= 1 && 1 <= estimate.high
      }
      return Double(hits) / Double(trials)
    }
    let both = hits { bootstrapMean(bySeed: $0, resamples: 300, key: key($1)) }
    #expect((0.89...0.99).contains(both), "\(both)")
    let items = hits { table, trial in
      let means = table[0].indices.map { i in table.reduce(0) { $0 + $1[i] } / 10 }
      return bootstrapMean(means, resamples: 300, key: key(trial))
    }
    #expect(items < both, "\(items), \(both)")
  }

  /// Tables of one group move together: the difference of a table and itself
  /// moved by 1 has no width; of two groups it has.
  @Test func groupsShareTheirItems() {
    let table = [[1.0, 5, 2, 8], [0, 6, 3, 7]]
    let moved = table.map { $0.map { $0 + 1 } }
    let paired = bootstrap(
      [moved, table], groups: [7, 7], resamples: 200, key: key()
    ) { $0[0] - $0[1] }
    #expect(abs(paired.low - 1) < 1e-12 && abs(paired.high - 1) < 1e-12)
    #expect(paired.count == 4)
    let independent = bootstrap(
      [moved, table], groups: [0, 1], resamples: 200, key: key()
    ) { $0[0] - $0[1] }
    #expect(independent.low < 0 && independent.high > 2)
    #expect(independent.count == 8)
  }

  /// 0 / 0 in a resample says nothing, so it bounds nothing.
  @Test func undefinedResamplesWiden() throws {
    let sparse = [[1.0, 0, 0, 0]]
    let ratio = bootstrap([sparse, sparse], groups: [0, 0], resamples: 500, key: key()) {
      $0[0] / $0[1]
    }
    #expect(ratio.value == 1)
    #expect(ratio.low == -.infinity && ratio.high == .infinity)
    // About (3/4)^4 = 0.32 of the resamples have only zeros, and count on both sides.
    #expect((0.5...0.8).contains(try #require(ratio.pValue)))
  }
}
