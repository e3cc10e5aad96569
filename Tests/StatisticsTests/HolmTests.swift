import Statistics
import Testing

@Suite struct HolmTests {
  /// By hand: sorted, 5 · 0.005, 4 · 0.01, 3 · 0.03, then 2 · 0.04 raised to the
  /// value before it, then 0.2. statsmodels 0.15.0, multipletests(p,
  /// method="holm"), gives the same.
  @Test func agreesWithAWorkedExample() {
    let adjusted = holm([0.01, 0.04, 0.03, 0.005, 0.2])
    for (found, expected) in zip(adjusted, [0.04, 0.09, 0.09, 0.025, 0.2]) {
      #expect(abs(found - expected) < 1e-15)
    }
    #expect(adjusted.count == 5)
  }

  @Test func staysWithinOne() {
    #expect(holm([0.6, 0.7, 1]) == [1, 1, 1])
    #expect(holm([0.03]) == [0.03])
    #expect(holm([]) == [])
  }
}
