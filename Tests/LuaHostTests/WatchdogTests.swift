import Foundation
import LuaHost
import Synchronization
import Testing

/// Time limits: scripts that cost few instructions and much time.
@Suite(.serialized) struct WatchdogTests {
  private static func limits(_ seconds: Double) -> Limits {
    Limits(
      instructionsPerCall: 1 << 60, loadInstructions: 1 << 60, secondsPerCall: seconds)
  }

  /// What a watchdog reports, which it does on its own thread.
  private final class Reports: Sendable {
    let list = Mutex<[Watchdog.Stuck]>([])
    var all: [Watchdog.Stuck] { list.withLock { $0 } }
  }

  private static func watchdog(grace: Double, _ reports: Reports) -> Watchdog {
    Watchdog(interval: 0.02, grace: grace) { stuck in reports.list.withLock { $0.append(stuck) } }
  }

  /// A long expression, over which the parser takes quadratic time.
  private static func expression(_ operands: Int) -> String {
    "return " + String(repeating: "a or ", count: operands) + "a"
  }

  @Test(arguments: [
    "local s = ('x'):rep(1e6) local a, b = s .. 'a', s .. 'b'\nwhile true do local _ = a < b end",
    "\nwhile true do pcall(function() while true do end end) end",
    "local n = ('9'):rep(1e6)\nwhile true do local _ = n + 0 end",
    "local s = ('\\0'):rep(1e6) local t = {} for i = 1, 1e5 do t[i] = s end\ntable.sort(t)",
    "local t = {} for i = 1, 1e4 do t['k' .. i] = i end\nwhile true do next(t) end",
  ])
  func aLongCallIsEnded(text: String) throws {
    let project = try Project()
    let reports = Reports()
    let machine = try project.machine(
      limits: Self.limits(0.3), watchdog: Self.watchdog(grace: 60, reports))
    let start = ContinuousClock.now
    let error = #expect(throws: ScriptError.self) { try project.run(machine, text) }
    #expect(error?.reason == .time)
    #expect(error?.description == "main.lua:2: script ran longer than 0.3 s")
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(reports.all.isEmpty)
    // The next call has its own time.
    #expect(try machine.evaluate("1 + 1") == [2])
  }

  @Test func theParserIsEndedToo() throws {
    let project = try Project()
    let reports = Reports()
    let machine = try project.machine(
      limits: Self.limits(0.3), watchdog: Self.watchdog(grace: 60, reports))
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, Self.expression(200_000))
    }
    #expect(error?.description == "main.lua: script ran longer than 0.3 s")
  }

  @Test func timeInTheHostDoesNotCount() throws {
    let nap = FunctionSpec(name: "solon.nap") { _ in
      Thread.sleep(forTimeInterval: 0.8)
      return .nil
    }
    let project = try Project()
    let reports = Reports()
    let machine = try project.machine(
      limits: Self.limits(0.3), library: [nap], watchdog: Self.watchdog(grace: 0.1, reports))
    #expect(try project.run(machine, "solon.nap() return 7") == 7)
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, "solon.nap()\nwhile true do end")
    }
    #expect(error?.description == "main.lua:2: script ran longer than 0.3 s")
    #expect(reports.all.isEmpty)
  }

  @Test func aCallbackOfAHostFunctionCounts() throws {
    let apply = FunctionSpec(
      name: "solon.apply", parameters: [Parameter("f", .function)]
    ) { context throws(ScriptError) in try context.call(context.function(0), []) }
    let project = try Project()
    let machine = try project.machine(
      limits: Self.limits(0.3), library: [apply],
      watchdog: Self.watchdog(grace: 60, Reports()))
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, "solon.apply(function()\nwhile true do end end)")
    }
    #expect(error?.reason == .time)
    #expect(error?.line == 2)
  }

  /// Comparing strings of 64 MB a few times takes a second or more and too few
  /// instructions for a look at the budget.
  private static let stuck = """
    return function()
      local s = ("\\0"):rep(1 << 20):rep(64)
      for i = 1, 6 do local _ = s < s end
      while true do end
    end
    """

  private static let stuckLimits = Limits(
    instructionsPerCall: 1 << 60, memoryBytes: 1 << 30, stringBytes: 128 << 20,
    secondsPerCall: 0.2)

  @Test func aStuckCallIsReportedOnce() throws {
    let project = try Project()
    let reports = Reports()
    let machine = try project.machine(
      limits: Self.stuckLimits, watchdog: Self.watchdog(grace: 0.2, reports))
    let function = try project.run(machine, Self.stuck).functionValue!
    let error = #expect(throws: ScriptError.self) {
      try machine.call(function, [], activity: "ppo iteration 3, prompt h12")
    }
    #expect(error?.reason == .time)
    let report = try #require(reports.all.first)
    #expect(reports.all.count == 1)
    #expect(report.context == "ppo iteration 3, prompt h12")
    #expect(
      report.description
        == "main.lua:1: script ran longer than 0.2 s and does not come back "
        + "(ppo iteration 3, prompt h12) — nothing recorded is lost: repeat the command to go on")
  }

  @Test func aStuckProcessEndsWithItsOwnStatus() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(Watchdog.stuckStatus), observing: [\.standardErrorContent]
    ) {
      let project = try Project()
      let machine = try project.machine(
        limits: WatchdogTests.stuckLimits,
        watchdog: Watchdog(interval: 0.02, grace: 0.2) { Watchdog.exit(stuck: $0) })
      let function = try project.run(machine, WatchdogTests.stuck).functionValue!
      _ = try? machine.call(function, [], activity: "label, prompt h1")
      exit(0)
    }
    let errors = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      errors.contains("solon: main.lua:1: script ran longer than 0.2 s and does not come back"))
    #expect(errors.contains("(label, prompt h1)"))
  }
}
