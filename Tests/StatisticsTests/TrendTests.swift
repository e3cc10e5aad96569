import Statistics
import Testing

@Suite struct TrendTests {
  /// scipy 1.17.1: stats.kendalltau, stats.spearmanr, stats.linregress.
  @Test func agreesWithScipy() {
    let x: [Double] = [1, 2, 2, 3, 4, 5, 5, 6]
    let y: [Double] = [2, 1, 3, 3, 5, 4, 6, 6]
    #expect(abs(kendallTau(x, y) - 0.7692307692307694) < 1e-12)
    #expect(abs(spearmanRho(x, y) - 0.8902439024390245) < 1e-12)
    #expect(abs(slope(x, y) - 0.9090909090909091) < 1e-12)
  }

  @Test func monotoneIsOne() {
    #expect(kendallTau([1, 2, 3], [1, 10, 100]) == 1)
    #expect(kendallTau([1, 2, 3], [3, 2, 1]) == -1)
    #expect(spearmanRho([1, 2, 3], [1, 10, 100]) == 1)
    #expect(kendallTau([1, 1], [1, 2]).isNaN)
    #expect(spearmanRho([1, 1], [1, 2]).isNaN)
    #expect(slope([1, 1], [1, 2]).isNaN)
  }
}
