import KeyedRandom
import Statistics
import Testing

@Suite struct AgreementTests {
  /// Four observers of twelve units, from section C of Krippendorff 2011; he
  /// gives 0.743, 0.815 and 0.849. More digits: krippendorff 0.9.0 for Python,
  /// krippendorff.alpha(reliability_data, level_of_measurement).
  private let published: [[Double?]] = {
    let observers: [[Double?]] = [
      [1, 2, 3, 3, 2, 1, 4, 1, 2, nil, nil, nil], [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nil, 3],
      [nil, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nil], [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nil],
    ]
    return (0..<12).map { unit in observers.map { $0[unit] } }
  }()

  @Test func agreesWithThePublishedExample() {
    func alpha(_ metric: AgreementMetric) -> Double { krippendorffAlpha(published, metric: metric) }
    #expect(abs(alpha(.nominal) - 0.743421052631579) < 1e-12)
    #expect(abs(alpha(.ordinal) - 0.8153875037548814) < 1e-12)
    #expect(abs(alpha(.interval) - 0.8491071428571428) < 1e-12)
  }

  @Test func theIntervalHoldsTheValue() {
    let key = RandomKey(seed: 1, stage: "alpha", item: 0)
    for metric in AgreementMetric.allCases {
      let estimate = krippendorffAlpha(published, metric: metric, resamples: 500, key: key)
      #expect(estimate.value == krippendorffAlpha(published, metric: metric))
      #expect(estimate.low < estimate.value && estimate.value < estimate.high)
      #expect(estimate.low > 0 && estimate.high <= 1)
      // One unit has a single rating.
      #expect(estimate.count == 11)
      #expect(
        estimate == krippendorffAlpha(published, metric: metric, resamples: 500, key: key))
    }
  }

  @Test func agreementIsOneAndChanceIsZero() {
    #expect(krippendorffAlpha([[1, 1], [2, 2], [3, 3]], metric: .interval) == 1)
    #expect(krippendorffAlpha([[1, 1], [1, 1]], metric: .nominal).isNaN)
    #expect(krippendorffAlpha([[1, nil]], metric: .nominal).isNaN)
    var generator = RandomKey(seed: 1, stage: "ratings", item: 0).generator()
    let random: [[Double?]] = (0..<2000).map { _ in
      (0..<3).map { _ in Double(generator.index(below: 4)) }
    }
    for metric in AgreementMetric.allCases {
      #expect(abs(krippendorffAlpha(random, metric: metric)) < 0.05)
    }
  }
}
