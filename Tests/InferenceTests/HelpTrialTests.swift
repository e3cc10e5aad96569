import Testing

@testable import Inference

@Suite struct HelpTrialTests {
  /// How many of `steps` steps are shared when they take so long, in
  /// milliseconds.
  private func shared(
    _ trial: inout HelpTrial, steps: Int, together: Int, alone: Int,
    rows: (Int) -> Int = { _ in 1 }
  ) -> Int {
    (0..<steps).count { step in
      let helped = trial.isHelped(rows: rows(step))
      trial.took(.milliseconds(helped ? together : alone))
      return helped
    }
  }

  @Test func theFasterWayIsTaken() {
    var trial = HelpTrial()
    #expect(shared(&trial, steps: 640, together: 6, alone: 10) >= 600)
    // Another program has come, and goes again.
    #expect(shared(&trial, steps: 640, together: 30, alone: 10) <= 40)
    #expect(shared(&trial, steps: 640, together: 6, alone: 10) >= 600)
  }

  @Test func stepsOfChangingSizesAreShared() {
    var trial = HelpTrial()
    #expect(
      shared(&trial, steps: 100, together: 30, alone: 10, rows: { 1 + $0 % 2 }) == 100)
  }
}
