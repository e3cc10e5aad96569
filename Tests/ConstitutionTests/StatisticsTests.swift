import LuaHost
import Testing

@testable import Constitution

@Suite struct StatisticsTests {
  private func evaluate(_ expression: String) throws -> LuaValue {
    let project = try ScriptProject(["x.lua": "return { \(expression) }"])
    return try project.load("x.lua").array[0]
  }

  @Test(arguments: [
    ("solon.stats.mean { 1, 2, 6 }", 3.0),
    ("solon.stats.mean({ { p = 0.25 }, { p = 0.75 } }, 'p')", 0.5),
    ("solon.stats.weighted_mean({ { p = 1, w = 3 }, { p = 0, w = 1 } }, 'p', 'w')", 0.75),
    ("solon.stats.median { 5, 1, 3 }", 3.0),
    ("solon.stats.median { 4, 1, 3, 2 }", 2.5),
    ("solon.stats.clamp(3, 0, 1)", 1.0), ("solon.stats.clamp(-3, 0, 1)", 0.0),
    ("solon.stats.clamp(0.5, 0, 1)", 0.5),
    ("solon.stats.sigmoid(0)", 0.5), ("solon.stats.sigmoid(-800)", 0.0),
    ("solon.stats.logit(solon.stats.sigmoid(1.25))", 1.25),
  ])
  func values(expression: String, expected: Double) throws {
    let value = try #require(try evaluate(expression).doubleValue)
    #expect(abs(value - expected) < 1e-12)
  }

  @Test(arguments: [
    ("solon.stats.mean {}", "solon.stats.mean: expected a non-empty list, got an empty one"),
    ("solon.stats.mean(3)", "solon.stats.mean: expected a non-empty list, got number"),
    (
      "solon.stats.mean({ { p = 1 }, {} }, 'p')",
      "solon.stats.mean: element 2.p: expected a number, got nil"
    ),
    ("solon.stats.mean { 1, 0/0 }", "solon.stats.mean: element 2: expected a number, got nan"),
    (
      "solon.stats.weighted_mean({ { p = 1, w = -1 } }, 'p', 'w')",
      "solon.stats.weighted_mean: element 1.w: expected at least 0, got -1"
    ),
    (
      "solon.stats.weighted_mean({ { p = 1, w = 0 } }, 'p', 'w')",
      "solon.stats.weighted_mean: all weights are 0"
    ),
    (
      "solon.stats.clamp(1, 2, 0)",
      "solon.stats.clamp: expected numbers x, low <= high, got 1, 2, 0"
    ),
    ("solon.stats.logit(2)", "solon.stats.logit: expected a number in [0, 1], got 2"),
  ])
  func mistakesNameTheCallersLine(expression: String, message: String) throws {
    let error = #expect(throws: ScriptError.self) { try evaluate(expression) }
    #expect(error?.description == "x.lua:1: \(message)")
  }
}
