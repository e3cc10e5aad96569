import Foundation
import KeyedRandom
import Statistics
import Testing

@Suite struct EloTests {
  private let key = RandomKey(seed: 1, stage: "elo", item: 0)

  private func outcomes(_ first: Int, _ second: Int, _ wins: Int, _ losses: Int, _ ties: Int)
    -> [PairOutcome]
  {
    [(1.0, wins), (0, losses), (0.5, ties)].flatMap { result, count in
      (0..<count).map { _ in PairOutcome(first: first, second: second, result: result) }
    }
  }

  /// Without ties and between two, strengths are as the wins: 400 log10(3).
  @Test func twoSystemsAreAsTheirWins() {
    let items = outcomes(0, 1, 3000, 1000, 0).map { [$0] }
    let found = elo(systems: 2, outcomes: items, anchor: 0, resamples: 1, key: key)
    #expect(abs(found[1].value - -400 * log10(3)) < 0.1)
    #expect(found[0].value == 0 && found[0].low == 0 && found[0].high == 0)
    #expect(found.map(\.count) == [4000, 4000])
    // The other way round, and each half from either side.
    let swapped = outcomes(1, 0, 1000, 3000, 0).map { [$0] }
    let same = elo(systems: 2, outcomes: swapped, anchor: 0, resamples: 1, key: key)
    #expect(abs(same[1].value - found[1].value) < 1e-6)
  }

  /// scipy 1.17.1: optimize.minimize of the negated log posterior (BFGS, then
  /// Nelder-Mead to 1e-12), with v for ties and the prior of 1000 points.
  @Test func agreesWithScipy() {
    let item = outcomes(0, 1, 30, 10, 8) + outcomes(0, 2, 45, 5, 2) + outcomes(2, 1, 12, 25, 14)
    let found = elo(systems: 3, outcomes: [item], anchor: nil, resamples: 1, key: key)
    let expected = [206.0288736372176, -29.451927315515565, -176.576946321702]
    for (estimate, expected) in zip(found, expected) {
      #expect(abs(estimate.value - expected) < 1e-3)
    }
    let anchored = elo(systems: 3, outcomes: [item], anchor: 2, resamples: 1, key: key)
    #expect(abs(anchored[0].value - 382.6058199589196) < 1e-3)
    #expect(abs(anchored[1].value - 147.12501900618645) < 1e-3)
  }

  @Test func theUnbeatenStayFinite() {
    let items = (0..<20).map { _ in outcomes(0, 1, 5, 0, 0) + outcomes(1, 2, 0, 0, 5) }
    let found = elo(systems: 4, outcomes: items, anchor: nil, resamples: 20, key: key)
    #expect(found.allSatisfy { $0.value.isFinite && $0.low.isFinite && $0.high.isFinite })
    #expect(found[0].value > found[1].value + 400)
    // Compared with nobody, only the prior places it: in the middle.
    #expect(found[3].count == 0)
  }

  /// Outcomes drawn from the model, 3 comparisons of every pair on 60 items: the
  /// strengths come back, and 95 % intervals hold about as many of them.
  @Test func recoversSimulatedStrengths() {
    let strengths = [0.0, 150, -100, 60, 320]
    var hits = 0
    var worst = 0.0
    let trials = 40
    for trial in 0..<trials {
      var generator = RandomKey(seed: 5, stage: "games", item: trial).generator()
      let items = (0..<60).map { _ in
        var item: [PairOutcome] = []
        for _ in 0..<3 {
          for i in 0..<5 {
            for j in (i + 1)..<5 {
              let (a, b) = (pow(10, strengths[i] / 400), pow(10, strengths[j] / 400))
              let draw = generator.uniform() * (a + b + 0.5 * (a * b).squareRoot())
              let result = draw < a ? 1 : draw < a + b ? 0 : 0.5
              item.append(PairOutcome(first: i, second: j, result: result))
            }
          }
        }
        return item
      }
      let found = elo(
        systems: 5, outcomes: items, anchor: 0, resamples: 200,
        key: RandomKey(seed: 6, stage: "elo", item: trial))
      for (estimate, strength) in zip(found, strengths).dropFirst() {
        if estimate.low <= strength && strength <= estimate.high { hits += 1 }
        worst = max(worst, abs(estimate.value - strength))
      }
    }
    #expect(worst < 120, "\(worst)")
    #expect((0.86...0.99).contains(Double(hits) / Double(4 * trials)), "\(hits)")
  }

  /// 312 000 comparisons, 200 resamples: seconds, not minutes.
  @Test func manySystemsAreFast() {
    var generator = RandomKey(seed: 7, stage: "games", item: 0).generator()
    let items = (0..<400).map { _ in
      var item: [PairOutcome] = []
      for i in 0..<40 {
        for j in (i + 1)..<40 {
          let result = generator.uniform() < 0.2 ? 0.5 : Double(generator.index(below: 2))
          item.append(PairOutcome(first: i, second: j, result: result))
        }
      }
      return item
    }
    let clock = ContinuousClock.now
    let found = elo(systems: 40, outcomes: items, anchor: nil, resamples: 200, key: key)
    let seconds = (ContinuousClock.now - clock) / .seconds(1)
    #expect(found.allSatisfy { abs($0.value) < 40 && $0.count == 400 * 39 })
    #expect(abs(found.reduce(0) { $0 + $1.value }) < 1e-6)
    #expect(seconds < 20, "\(seconds) s")
  }

  @Test func equalKeysGiveEqualIntervals() {
    let items = (0..<10).map { outcomes(0, 1, 1 + $0 % 2, $0 % 3, 1) }
    let first = elo(systems: 2, outcomes: items, anchor: 0, resamples: 50, key: key)
    #expect(first == elo(systems: 2, outcomes: items, anchor: 0, resamples: 50, key: key))
  }
}
