import LuaHost
import Testing

@Suite struct FunctionTests {
  private final class Counter {
    var value = 0
  }

  private let library: [FunctionSpec] = [
    FunctionSpec(
      name: "solon.jsonl",
      parameters: [
        Parameter("path", .nonEmptyString),
        Parameter("limit", .integer(1...100), optional: true),
      ]
    ) { context in
      .string("\(context.string(0)) \(context[1].summary)")
    },
    FunctionSpec(
      name: "solon.stats.sum",
      parameters: [Parameter("values", .number, variadic: true)]
    ) { context in
      .number(context.arguments.reduce(0) { $0 + $1.doubleValue! })
    },
    FunctionSpec(
      name: "solon.map",
      parameters: [
        Parameter("list", .array(of: .any)), Parameter("f", .function),
      ]
    ) { context throws(ScriptError) in
      var result: [LuaValue] = []
      for value in context.table(0).array {
        result.append(try context.call(context.function(1), [value]))
      }
      return .table(LuaTable(array: result))
    },
    FunctionSpec(name: "solon.fail") { context throws(ScriptError) in
      throw context.error("no luck today; try tomorrow")
    },
  ]

  private let counter = ObjectSpec(
    name: "counter", summary: "Counts.",
    methods: [
      FunctionSpec(
        name: "add",
        parameters: [Parameter("by", .integer(0...10), default: 1)]
      ) { context in
        let counter = context.receiver(as: Counter.self)
        counter.value += context.integer(0)
        return .integer(Int64(counter.value))
      }
    ])

  @Test func argumentsAreConverted() throws {
    #expect(
      try run(
        """
        return { solon.jsonl("a"), solon.jsonl("a", 2.0),
          solon.stats.sum(1, 2, 3.5), solon.stats.sum(),
          solon.map({ 1, 2 }, function(x) return x * 10 end) }
        """, library: library) == ["a nil", "a 2", 6.5, 0.0, [10, 20]])
  }

  @Test(arguments: [
    (
      "\nsolon.jsonl(3)",
      "main.lua:2: solon.jsonl: argument 1 (path): "
        + "expected non-empty string, got number"
    ),
    (
      "solon.jsonl()",
      "main.lua:1: solon.jsonl: argument 1 (path): "
        + "expected non-empty string, got nil"
    ),
    (
      "solon.jsonl('a', 101)",
      "main.lua:1: solon.jsonl: argument 2 (limit): "
        + "expected an integer in [1, 100], got 101"
    ),
    (
      "solon.jsonl('a', 1, 2)",
      "main.lua:1: solon.jsonl: expected 2 arguments, got 3"
    ),
    (
      "solon.stats.sum(1, 'x')",
      "main.lua:1: solon.stats.sum: argument 2 (values): "
        + "expected number, got string"
    ),
    (
      "solon.jsonl('\\xff')",
      "main.lua:1: solon.jsonl: argument 1: invalid UTF-8 at byte 1 (0xFF)"
    ),
    (
      "local t = {} t.x = t solon.map(t, print)",
      "main.lua:1: solon.map: argument 1.x: the table contains itself"
    ),
    (
      "\n\nsolon.fail()",
      "main.lua:3: solon.fail: no luck today; try tomorrow"
    ),
    (
      "solon.jsnl('a')",
      "main.lua:1: 'solon.jsnl' does not exist (did you mean 'solon.jsonl'?)"
    ),
    (
      "solon.stats.summ(1)",
      "main.lua:1: 'solon.stats.summ' does not exist "
        + "(did you mean 'solon.stats.sum'?)"
    ),
    (
      "return solom",
      "main.lua:1: unknown name 'solom' (did you mean 'solon'?): "
        + "there is no such global or local"
    ),
    (
      "\nsolon.map({ 1 }, function(x)\n  return x.y.z\nend)",
      "main.lua:3: attempt to index a number value (local 'x')"
    ),
  ])
  func wrongCallsNameTheArgument(text: String, description: String) throws {
    #expect(try failure(text, library: library).description == description)
  }

  @Test func hostErrorsCanBeCaught() throws {
    #expect(
      try run(
        "local ok, e = pcall(solon.fail) return { ok, e }", library: library)
        == [false, "main.lua:1: solon.fail: no luck today; try tomorrow"])
  }

  @Test func hostErrorsComeBackWhole() throws {
    let wrapped = FunctionSpec(name: "solon.raise") {
      _ throws(ScriptError) in
      throw ScriptError(
        message: "broken", path: "a.b", context: "stage", reason: .schema)
    }
    let error = try failure(
      "local function f() solon.raise() end\nf()", library: [wrapped])
    #expect(error.path == "a.b")
    #expect(error.reason == .schema)
    #expect(error.description == "main.lua:1: broken (stage)")
    #expect(
      error.traceback == [
        "main.lua:1: in function 'f'", "main.lua:2: in main chunk",
      ])
    #expect(error.sourceLine == "local function f() solon.raise() end")
  }

  @Test func objectsHaveMethodsAndState() throws {
    let project = try Project()
    let machine = try project.machine(objectTypes: [counter])
    let parts = try project.run(
      machine,
      """
      local kept
      return {
        function(ctx) return { ctx.counter:add(), ctx.counter:add(5),
          tostring(ctx.counter), type(ctx.counter) } end,
        function(ctx) ctx.counter:add(11) end,
        function(ctx) ctx.counter.add(1) end,
        function(ctx) ctx.counter.x = 1 end,
        function(ctx) kept = ctx.counter end,
        function() kept:add() end,
      }
      """
    ).arrayValue!.map { $0.functionValue! }
    func object(_ counter: Counter) -> LuaValue {
      ["counter": .object(LuaObject("counter", state: counter))]
    }
    let state = Counter()
    #expect(
      try machine.call(parts[0], [object(state)])
        == [1, 6, "counter", "userdata"])
    #expect(state.value == 6)
    let messages = [
      "main.lua:5: counter:add: argument 1 (by): "
        + "expected an integer in [0, 10], got 11",
      "main.lua:6: counter:add: call it with a colon: object:add(...)",
      "main.lua:7: a host object is read-only",
    ]
    for (index, message) in messages.enumerated() {
      let error = #expect(throws: ScriptError.self) {
        try machine.call(parts[index + 1], [object(state)])
      }
      #expect(error?.description == message)
    }
    _ = try machine.call(parts[4], [object(state)])
    let stale = #expect(throws: ScriptError.self) {
      try machine.call(parts[5], [])
    }
    #expect(
      stale?.description
        == "main.lua:9: counter: used after the call it was made for; "
        + "take it from the arguments of each call")
  }

  @Test func methodsInLuaHandOnTheirArguments() throws {
    var spec = counter
    spec.methods.append(
      FunctionSpec(
        name: "first", parameters: [Parameter("list", .any)],
        script: """
          return function(self, list)
            if #list == 0 then error("first: the list is empty", 2) end
            self:add(1)
            return list[1]
          end
          """))
    let project = try Project()
    let machine = try project.machine(objectTypes: [spec])
    let parts = try project.run(
      machine,
      """
      local own = {}
      return { function(ctx) return ctx.counter:first { own } == own end,
        function(ctx)
          local x = ctx.counter:first {} return x end,
        function(ctx) local x = ctx.counter:first(1) return x end }
      """
    ).arrayValue!.map { $0.functionValue! }
    let state = Counter()
    let context: LuaValue = [
      "counter": .object(LuaObject("counter", state: state, lifetime: .machine))
    ]
    #expect(try machine.call(parts[0], [context]) == true)
    #expect(state.value == 1)
    let empty = #expect(throws: ScriptError.self) {
      try machine.call(parts[1], [context])
    }
    #expect(empty?.description == "main.lua:4: first: the list is empty")
    let wrong = #expect(throws: ScriptError.self) {
      try machine.call(parts[2], [context])
    }
    #expect(wrong?.file == "main.lua")
    #expect(wrong?.line == 5)
    #expect(
      wrong?.traceback == ["main.lua:5: in function <line 5>"])
  }

  @Test func fingerprintsFollowTheCodeAndWhatItRefersTo() throws {
    let project = try Project()
    let machine = try project.machine()
    func fingerprint(_ text: String) throws -> String {
      try machine.fingerprint(
        of: try #require(try project.run(machine, text).functionValue))
    }
    let base = try fingerprint(
      "local k = { a = 1 } return function(r) return r + k.a end")
    #expect(base.count == 64)
    // A comment, other lines, other names.
    #expect(
      try fingerprint(
        """
        local x = 9 -- unused
        local k = { a = 1 }

        return function(r)
          return r + k.a -- the sum
        end
        """) == base)
    for other in [
      "local k = { a = 2 } return function(r) return r + k.a end",
      "local k = { a = 1 } return function(r) return r - k.a end",
      "local k = { a = 1.0 } return function(r) return r + k.a end",
      "local k = { a = 1, b = 1 } return function(r) return r + k.a end",
      "local k = { a = 1 } return function(r) return r + k.a, 'x' end",
      "local k = { a = 1 } return function(r, s) return r + k.a end",
    ] {
      #expect(try fingerprint(other) != base)
    }
  }

  @Test func fingerprintsCoverNestedFunctionsAndAllConstants() throws {
    let project = try Project()
    let machine = try project.machine()
    let long = String(repeating: "long", count: 20)
    func fingerprint(_ before: String, _ inner: String) throws -> String {
      let text = """
        local function helper(x) return x and true or nil, false end
        return function(t)
          for i, v in ipairs(t) do t[i] = v * 2.5 + 300000 end
          return table.concat(t, ",", 1, 2), helper, function(...)
            return select("#", ...), \(inner), "\(long)", t
          end
        end
        """
      return try machine.fingerprint(
        of: try #require(try project.run(machine, before + text).functionValue))
    }
    let base = try fingerprint("", "1")
    for lines in [1, 3, 200, 20_000] {
      #expect(
        try fingerprint(String(repeating: "\n", count: lines), "1") == base)
    }
    for other in ["2", "1.0", "'1'", "nil", "true", "...", "helper"] {
      #expect(try fingerprint("", other) != base)
    }
  }

  @Test func lastingObjectsLast() throws {
    let state = Counter()
    let make = FunctionSpec(name: "solon.counter") { _ in
      .object(LuaObject("counter", state: state, lifetime: .machine))
    }
    let project = try Project()
    let machine = try project.machine(
      library: [make], objectTypes: [counter])
    _ = try machine.evaluate("c = solon.counter()")
    #expect(try machine.evaluate("c:add(2)") == [2])
    #expect(try machine.evaluate("c:add(3)") == [5])
  }

  @Test func signaturesAreReadable() {
    #expect(library[0].signature == "solon.jsonl(path, limit?)")
    #expect(library[1].signature == "solon.stats.sum(...)")
  }

  /// A host function may take the error of a function it calls, and go on.
  @Test(arguments: ["error('no', 0)", "return 1 + nil", "return ('x'):rep(1e10)"])
  func hostFunctionsCanCatchErrors(body: String) throws {
    let fails = FunctionSpec(
      name: "solon.fails", parameters: [Parameter("body", .function)]
    ) { context throws(ScriptError) in
      do throws(ScriptError) {
        _ = try context.call(context.function(0), [])
        return false
      } catch {
        return true
      }
    }
    #expect(
      try run(
        "return { solon.fails(function() \(body) end), solon.fails(function() end) }",
        library: [fails]) == [true, false])
  }
}
