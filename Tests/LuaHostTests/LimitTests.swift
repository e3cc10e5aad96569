import Foundation
import LuaHost
import Testing

@Suite struct LimitTests {
  private let small = Limits(
    instructionsPerCall: 1_000_000, loadInstructions: 1_000_000,
    memoryBytes: 8 << 20)
  private let budget =
    "script exceeded its instruction budget of 1000000 instructions"
  private let memory = "script exceeded its memory limit of 8 MB"

  @Test(arguments: [
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "local function f() return pcall(f) end while true do f() end",
    """
    local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end })
    while true do pcall(function() return t[1] end) end
    """,
    "while true do pcall(error, 'x') end",
    "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t) end",
    "local s = ('x'):rep(1e6) while true do s:upper() end",
    "repeat until ('x'):rep(1e6) == 1",
    "local s = ('x'):rep(1e6) while true do local t = s:sub(2) end",
    "local s = ('x'):rep(5e5) while true do local t = s .. s end",
    "local s = ('x'):rep(1e6) while true do utf8.len(s) end",
    "local s = (' '):rep(1e6) while true do tonumber(s) end",
    // Patterns that the stock matcher never comes back from.
    "return (('a'):rep(40)):find(('a-'):rep(20) .. 'b')",
    "return (('x'):rep(1e5)):gsub('.-y', '')",
    "return (('a'):rep(1e6)):find(('a'):rep(5e5) .. 'b', 1, true)",
    "return (('('):rep(1e5)):gsub('%b()', '')",
    "return (('a'):rep(1e5)):match('^(.-)%1b')",
    "for k in (('x'):rep(1e5)):gmatch('.-y') do end",
    "local s = ('ab'):rep(5e5) while true do s:gsub('b', 'c') end",
    "local s = ('x'):rep(1e6) while true do s:find('^[^y]*y') end",
    "local t = {} while true do table.insert(t, 1, 0) end",
    "local t = {} for i = 1, 1e4 do t[i] = 'xxxxxxxxxxxxxxxx' end "
      + "while true do table.concat(t) end",
    "for i = 1, math.huge do pairs({ i }) end",
    // One call each, of functions that compare or visit without a hook.
    "local s = ('\\0'):rep(1e6) local t = {} for i = 1, 1e3 do t[i] = s end table.sort(t)",
    "local t = {} for i = 1, 30 do t[i .. ('k'):rep(1e5)] = i end while true do pairs(t) end",
    "local t = { [{}] = 1 } for i = 1, 1e4 do t[i] = i end while true do pcall(next, t) end",
    "local k = ('k'):rep(1e6) while true do pcall(function() return string[k] end) end",
    "local k = ('k'):rep(1e6) while true do pcall(require, k) end",
    "local p = ('p'):rep(1e6) while true do (''):find(p) end",
    "local t = {} for i = 1, 1000 do t['k' .. i] = i end "
      + "while true do for k in pairs(t) do end end",
  ])
  func endlessLoopsEndWithTheBudget(text: String) throws {
    let error = try failure(text, limits: small)
    #expect(error.message == budget)
    #expect(error.reason == .instructions)
    #expect(error.file == "main.lua")
    #expect((error.line ?? 0) >= 1)
  }

  @Test func theBudgetErrorNamesTheLoop() throws {
    let error = try failure(
      """
      local function inner()
        while true do
        end
      end
      return pcall(inner)
      """, limits: small)
    #expect(error.description.hasPrefix("main.lua:2: ") || error.line == 3)
    #expect(error.traceback.last == "main.lua:5: in main chunk")
    #expect(error.details.contains("called from"))
  }

  @Test(arguments: [
    "local t = {} while true do t[#t + 1] = {} end",
    """
    local t = {}
    while true do pcall(function() while true do t[#t + 1] = {} end end) end
    """,
    """
    local t = {}
    while true do
      pcall(function() while true do t[#t + 1] = ('x'):rep(1e6) .. #t end end)
    end
    """,
    """
    local t = {}
    while true do pcall(function() t[#t + 1] = ('%s%d'):rep(1e5):format(1) end)
      t[#t + 1] = ('ab'):rep(2e5, #t) end
    """,
  ])
  func memoryIsLimitedAndThatSticks(text: String) throws {
    var limits = small
    limits.loadInstructions = 100_000_000
    let error = try failure(text, limits: limits)
    #expect(error.message == memory)
    #expect(error.reason == .memory)
    #expect(error.file == "main.lua")
    #expect((error.line ?? 0) >= 1)
  }

  @Test func stringsAreLimited() throws {
    let long = "script made a string longer than its limit of 1048576 bytes"
    for text in [
      "local s = 'x' while true do s = s .. s end",
      "\nlocal s = 'x' while true do pcall(function() s = s .. s end) end",
      "local s = ('x'):rep(1e6) return (s:gsub('x', '%0%0'))",
      "local s = ('x'):rep(1e6) return ('%s%s'):format(s, s)",
    ] {
      let error = try failure(text)
      #expect(error.message == long)
      #expect(error.line == (text.hasPrefix("\n") ? 2 : 1))
    }
    let project = try Project()
    let machine = try project.machine()
    let length = try project.run(machine, "return string.len").functionValue!
    let allowed = String(repeating: "x", count: 1 << 20)
    #expect(try machine.call(length, [.string(allowed)]) == 1_048_576)
    let error = #expect(throws: ScriptError.self) {
      try machine.call(length, [.string(allowed + allowed)])
    }
    #expect(error?.message == long)
  }

  @Test func aMachineGoesOnAfterALimit() throws {
    let project = try Project()
    let machine = try project.machine(limits: small)
    let functions = try project.run(
      machine,
      """
      return {
        function() while true do end end,
        function() local t = {} while true do t[#t + 1] = {} end end,
        function(n) return n + 1 end,
      }
      """
    ).arrayValue!.map { $0.functionValue! }
    for round in 0..<20 {
      let loop = #expect(throws: ScriptError.self) {
        try machine.call(functions[0], [], activity: "round \(round)")
      }
      #expect(loop?.reason == .instructions)
      #expect(loop?.context == "round \(round)")
      let fill = #expect(throws: ScriptError.self) {
        try machine.call(functions[1], [])
      }
      #expect([.memory, .instructions].contains(fill?.reason))
      #expect(try machine.call(functions[2], [.integer(41)]) == 42)
      #expect(machine.memoryInUse < 4 << 20)
    }
  }

  @Test func theSameCallStopsAtTheSameInstruction() throws {
    let project = try Project()
    let machine = try project.machine(limits: small)
    let parts = try project.run(
      machine,
      """
      local n = 0
      return { function() n = 0 while true do n = n + 1 end end,
        function() return n end, function() for i = 1, 137 do end end }
      """
    ).arrayValue!.map { $0.functionValue! }
    var counts: Set<LuaValue> = []
    for _ in 0..<5 {
      _ = try? machine.call(parts[0], [])
      counts.insert(try machine.call(parts[1], []))
      _ = try machine.call(parts[2], [])
    }
    #expect(counts.count == 1)
  }

  @Test func hostCallsShareTheBudget() throws {
    let apply = FunctionSpec(
      name: "solon.apply", parameters: [Parameter("f", .function)]
    ) { context throws(ScriptError) in
      do throws(ScriptError) {
        return try context.call(context.function(0), [])
      } catch {
        return "the host swallowed it"
      }
    }
    let error = try failure(
      "solon.apply(function() while true do end end) return 1", limits: small,
      library: [apply])
    #expect(error.reason == .instructions)
    let nested = try failure(
      """
      local function f() return solon.apply(f) end
      while true do f() end
      """, limits: small, library: [apply])
    #expect(nested.reason == .instructions)
  }

  @Test func hostAndScriptCannotRecurseForever() throws {
    let apply = FunctionSpec(
      name: "solon.apply", parameters: [Parameter("f", .function)]
    ) { context throws(ScriptError) in
      try context.call(context.function(0), [])
    }
    let error = try failure(
      "local function f() return 1 + solon.apply(f) end return f()",
      library: [apply])
    #expect(
      error.description
        == "main.lua:1: host and script call each other too deeply")
  }

  @Test func hostWorkIsCharged() throws {
    let work = FunctionSpec(name: "solon.work") { context in
      context.charge(100_000)
      return .nil
    }
    #expect(
      throws: Never.self,
      performing: {
        try run(
          "for i = 1, 9 do solon.work() end return 1", limits: small,
          library: [work])
      })
    #expect(
      try failure(
        "for i = 1, 11 do pcall(solon.work) end return 1", limits: small,
        library: [work]
      ).reason == .instructions)
  }

  @Test func anotherThreadCanInterrupt() throws {
    let project = try Project()
    let machine = try project.machine(
      limits: Limits(loadInstructions: 1 << 60))
    let handle = machine.interrupt
    let thread = Thread {
      for _ in 0..<2000 {
        if handle.heartbeat > 1000 { return handle.interrupt() }
        Thread.sleep(forTimeInterval: 0.005)
      }
    }
    thread.start()
    let error = #expect(throws: ScriptError.self) {
      try project.run(
        machine, "while true do pcall(function() while true do end end) end")
    }
    #expect(error?.reason == .interrupted)
  }

  @Test func anotherThreadCannotUseTheMachine() async {
    await #expect(processExitsWith: .failure) {
      let project = try Project()
      nonisolated(unsafe) let machine = try project.machine()
      _ = try machine.evaluate("1")
      let done = DispatchSemaphore(value: 0)
      Thread {
        _ = try? machine.evaluate("1")
        done.signal()
      }.start()
      done.wait()
      exit(0)
    }
  }

  @Test func manyCallsDoNotGrow() throws {
    let project = try Project()
    let machine = try project.machine()
    let make = try project.run(
      machine,
      """
      return function(r)
        return { score = r.score, text = r.text .. "!", f = function() end }
      end
      """
    ).functionValue!
    func work(_ count: Int) throws {
      for index in 0..<count {
        _ = try machine.call(
          make, [["score": .integer(Int64(index)), "text": "\(index)"]])
      }
    }
    try work(20_000)
    let before = machine.memoryInUse
    try work(100_000)
    #expect(machine.memoryInUse < before + before / 2 + 65_536)
  }

  /// Freed blocks of one size do not help those of another: filling the memory
  /// with one size after the other must not make the process grow without end.
  @Test func memoryOfManySizesIsLimited() throws {
    let machine = try Project().machine(limits: Limits(memoryBytes: 8 << 20))
    for size in 1...30 {
      _ = try? machine.evaluate(
        """
        local keep = {}
        for i = 1, 1e7 do keep[i] = ("x"):rep(\(16 * size)) .. i end
        """)
    }
    #expect(machine.memoryReserved <= 8 << 20)
    #expect(try machine.evaluate("1 + 1") == [2])
  }
}
