import Statistics
import Testing

@Suite struct CalibrationTests {
  /// numpy 2.4.6: the sum over bins of |mean p - mean o| · n_b / n, and the mean
  /// of (p - o)².
  @Test func agreesWithNumpy() throws {
    let predicted = [0.05, 0.15, 0.15, 0.35, 0.55, 0.55, 0.75, 0.85, 0.95, 1.0]
    let outcome = [0.0, 0, 1, 0, 1, 0, 1, 1, 1, 1]
    let found = calibration(predicted: predicted, outcome: outcome, bins: 5)
    #expect(abs(found.expectedError - 0.155) < 1e-12)
    #expect(abs(found.brier - 0.14625) < 1e-12)
    #expect(found.bins.map(\.count) == [3, 1, 2, 1, 3])
    #expect(found.count == 10)
    let first = found.bins[0]
    #expect(first.low == 0 && first.high == 0.2)
    #expect(abs(try #require(first.meanPredicted) - 0.35 / 3) < 1e-12)
    #expect(abs(try #require(first.observed).value - 1.0 / 3) < 1e-12)
  }

  @Test func emptyBinsSayNothing() {
    let found = calibration(predicted: [1], outcome: [1], bins: 10)
    #expect(found.expectedError == 0 && found.brier == 0)
    #expect(found.bins[9].count == 1)
    #expect(found.bins[0].meanPredicted == nil && found.bins[0].observed == nil)
  }

  /// statsmodels 0.15.0: proportion_confint(count, nobs, 0.05, "wilson").
  @Test(arguments: [
    (0, 10, 0.0, 0.27753279986288926), (7, 10, 0.39677814746114537, 0.8922087325936989),
    (10, 10, 0.7224672001371106, 1.0), (81, 263, 0.2552885198782742, 0.36620957698280004),
  ])
  func wilsonAgreesWithStatsmodels(_ successes: Int, _ count: Int, _ low: Double, _ high: Double) {
    let found = wilson(successes: Double(successes), count: count)
    #expect(abs(found.low - low) < 1e-12 && abs(found.high - high) < 1e-12)
    #expect(found.value == Double(successes) / Double(count))
  }
}
