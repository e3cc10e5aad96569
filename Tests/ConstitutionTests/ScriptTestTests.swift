import Foundation
import LuaHost
import Testing

@testable import Constitution

@Suite struct ScriptTestTests {
  private func outcomes(_ text: String) throws -> [ScriptTests.Outcome] {
    let project = try ScriptProject(["c.lua": ScriptProject.constitution(), "c_test.lua": text])
    let value = try project.vm.load(file: project.root.appendingPathComponent("c_test.lua"))
    return try ScriptTests(value, path: "c_test.lua", vm: project.vm).run()
  }

  @Test func passingAndFailingTestsAreTold() throws {
    let outcomes = try outcomes(
      """
      return {
        solon.test("sums", function(t) t:equal(1 + 1, 2) end),
        solon.test("wrong", function(t)
          t:equal({ 1, { a = 2 } }, { 1, { a = 2.0 } })
          t:equal({ 1 }, { 2 })
        end),
        solon.test("after a failure", function(t) t:near(0.1 + 0.2, 0.3) end),
      }
      """)
    #expect(outcomes.map(\.name) == ["sums", "wrong", "after a failure"])
    #expect(
      outcomes.map { $0.error?.description } == [
        nil, "c_test.lua:5: test:equal: expected table, got table", nil,
      ])
  }

  @Test(arguments: [
    ("t:equal('a', 'b')", "test:equal: expected 'b', got 'a'"),
    ("t:equal(nil, 1)", "test:equal: expected 1, got nil"),
    ("t:near(1, 1.1, 0.05)", "test:near: expected 1.1 within 0.05, got 1"),
    ("t:near('1', 1)", "test:near: expected 1.0 within 1e-09, got '1'"),
    ("t:check(false, 'no principle')", "test:check: no principle"),
    ("t:check(nil)", "test:check: the condition is nil"),
    ("t:fails(function() end)", "test:fails: expected an error, and there was none"),
    (
      "t:fails(function() error('other', 0) end, 'this')",
      "test:fails: expected an error with 'this', got 'other'"
    ),
    ("t:vote { q = 1 }", "test:vote: argument 1 (fields)"),
    ("t:vote { p = 1.5 }", "vote options.p: expected a number in [0, 1], got 1.5"),
    ("while true do pcall(t.check, t, true) end", "script exceeded its instruction budget"),
    (
      "t:fails(function() while true do end end)", "script exceeded its instruction budget"
    ),
  ])
  func checksFailWithTheirMessage(body: String, message: String) throws {
    let outcomes = try outcomes("return { solon.test('x', function(t) \(body) end) }")
    let error = try #require(outcomes[0].error)
    #expect(
      error.message.hasPrefix(message) || error.message.contains("unknown field"),
      "\(error.message)")
    #expect(error.line == 1)
  }

  @Test func tablesForCallbacksHaveTheirDefaults() throws {
    let outcomes = try outcomes(
      """
      return { solon.test("x", function(t)
        t:equal(t:vote().p, 0.5)
        t:equal(t:vote { order = "BA", p = 0.25 }.order, "BA")
        t:equal(t:vote().principle.id, "example")
        t:equal(t:label_context { clamp = { 0.2, 0.8 } }.clamp, { 0.2, 0.8 })
        t:equal(t:label_context().clamp, false)
        local principles = { { id = "one", text = "x" }, { id = "two", text = "y" } }
        local first = t:draw_context { principles = principles, seed = 5 }
        local again = t:draw_context { principles = principles, seed = 5 }
        t:equal(first.rng:uniform(), again.rng:uniform())
        local other = t:draw_context { principles = principles, seed = 6 }
        t:check(other.rng:uniform() ~= t:draw_context { principles = principles }.rng:uniform())
        t:equal(t:reward_sample { score = 2 }.score, 2)
        t:check(t:revision_sample().prompt.text)
        t:equal(t:fails(function() error("no such principle", 0) end, "such"), "no such principle")
        t:fails(function() return 1 + nil end, "arithmetic")
      end) }
      """)
    #expect(outcomes.map { $0.error?.description } == [nil])
  }

  @Test(arguments: [
    ("return 3", "expected a list of tests, got number"),
    ("return {}", "expected a list of tests, got table"),
    ("return { 3 }", "[1]: expected what solon.test makes, got number"),
    ("return { solon.test('x', 3) }", "solon.test: argument 2 (body)"),
  ])
  func filesThatHoldNoTestsAreErrors(text: String, message: String) throws {
    let error = #expect(throws: ScriptError.self) { try outcomes(text) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
  }
}
