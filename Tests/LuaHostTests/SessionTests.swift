import LuaHost
import Testing

/// What a prompt asks of the machine: values, names, globals.
@Suite struct SessionTests {
  private let counter = ObjectSpec(
    name: "counter", summary: "",
    methods: [
      FunctionSpec(name: "add") { context throws(ScriptError) in .nil },
      FunctionSpec(name: "take") { context throws(ScriptError) in .nil },
    ])

  private func machine(_ setup: String = "") throws -> LuaVM {
    let make = FunctionSpec(name: "solon.counter") { context throws(ScriptError) in
      .object(LuaObject("counter", state: Self.self as AnyObject, lifetime: .machine))
    }
    let tag = constructor("thing", Schema("thing", [.optional("size", .integer, "")]))
    let machine = try Project().machine(
      library: [
        make, tag, FunctionSpec(name: "solon.stats.mean") { context throws(ScriptError) in 1 },
      ],
      objectTypes: [counter])
    _ = try machine.evaluate(setup)
    return machine
  }

  private func names(_ machine: LuaVM, _ path: FieldStep...) -> [String] {
    machine.names(at: path)
  }

  @Test func expressionsGiveAllTheirValues() throws {
    let machine = try machine("function f(...) return ... end")
    #expect(try machine.evaluate("1, 'two', nil") == [1, "two", .nil])
    #expect(try machine.evaluate("nil") == [.nil])
    #expect(try machine.evaluate("f()") == [])
    #expect(try machine.evaluate("f(nil, 3)") == [.nil, 3])
    #expect(try machine.evaluate("return f(1), f(2, 3)") == [1, 2, 3])
    #expect(try machine.evaluate("local x = 1") == [])
    #expect(try machine.evaluate("-- nothing") == [])
    #expect(try machine.evaluate("{ 1 }, { f }")[0] == [1])
  }

  @Test func errorsAreThoseOfWhatWasMeant() throws {
    let machine = try machine()
    func message(_ source: String) -> String? {
      #expect(throws: ScriptError.self) { try machine.evaluate(source) }?.message
    }
    #expect(message("1 +") == "unexpected symbol near <eof>")
    #expect(message("if true then") == "'end' expected near <eof>")
    #expect(message("x = = 1") == "unexpected symbol near '='")
  }

  @Test func globalsAreTheSessionsAndTheLibrarys() throws {
    let machine = try machine("mine = 1; print2 = print")
    let all = names(machine)
    for name in ["mine", "print2", "solon", "string", "require", "_G"] {
      #expect(all.contains(name))
    }
    for name in ["io", "os", "load", "rawset"] { #expect(!all.contains(name)) }
    #expect(all == all.sorted() && Set(all).count == all.count)
  }

  @Test func namesFollowAPath() throws {
    let machine = try machine(
      "t = { a = { b = { c = 1 } }, list = { { id = 'x' } }, [5] = 1, [true] = 2 }")
    #expect(names(machine, .field("t")) == ["a", "list"])
    #expect(names(machine, .field("t"), .field("a"), .field("b")) == ["c"])
    #expect(names(machine, .field("t"), .field("list"), .element(1)) == ["id"])
    #expect(names(machine, .field("t"), .field("list"), .element(2)) == [])
    #expect(names(machine, .field("t"), .field("nothing"), .field("more")) == [])
    #expect(names(machine, .field("t"), .field("a"), .field("b"), .field("c")) == [])
    #expect(names(machine, .field("solon")) == ["counter", "stats", "thing"])
    #expect(names(machine, .field("solon"), .field("stats")) == ["mean"])
  }

  @Test func methodsAreNamed() throws {
    let machine = try machine("c = solon.counter(); s = 'text'")
    #expect(names(machine, .field("c")) == ["add", "take"])
    #expect(names(machine, .field("s")).contains("gsub"))
    #expect(!names(machine, .field("s")).contains("dump"))
    #expect(machine.outline(at: [.field("c")])?.typeName == "counter")
    #expect(machine.outline(at: [.field("c"), .field("add")])?.typeName == "function")
  }

  @Test func frozenViewsShowWhatIsBehindThem() throws {
    let machine = try machine("x = solon.thing { size = 3 }")
    #expect(names(machine, .field("x")) == ["size"])
    #expect(machine.outline(at: [.field("x")])?.typeName == "thing")
    #expect(machine.outline(at: [.field("c")]) == nil)
    #expect(machine.outline(at: [.field("solon"), .field("counter")])?.typeName == "function")
  }

  @Test func lookingRunsNothing() throws {
    let machine = try machine(
      """
      calls = 0
      trap = setmetatable({ own = 1 }, {
        __index = function() calls = calls + 1 return {} end,
        __len = function() calls = calls + 1 return 0 end,
        __tostring = function() calls = calls + 1 return '' end,
      })
      base = { shared = 1, own = 2 }
      child = setmetatable({ own = 3 }, { __index = base })
      """)
    #expect(names(machine, .field("trap")) == ["own"])
    #expect(names(machine, .field("trap"), .field("other")) == [])
    #expect(try machine.evaluate("calls") == [0])
    // A table as `__index` is data and can be looked through.
    #expect(names(machine, .field("child")) == ["own", "shared"])
    #expect(machine.outline(at: [.field("child"), .field("shared")])?.typeName == "number")
  }

  @Test func aCircleOfIndexTablesEnds() throws {
    let machine = try machine(
      """
      a, b = { one = 1 }, { two = 2 }
      setmetatable(a, { __index = b })
      setmetatable(b, { __index = a })
      """)
    #expect(names(machine, .field("a")) == ["one", "two"])
    #expect(names(machine, .field("a"), .field("three")) == [])
  }

  @Test func definedGlobalsAreTheSessionsOwn() throws {
    let machine = try machine()
    try machine.define("x", ["deep": ["er": 7]])
    #expect(try machine.evaluate("x.deep.er") == [7])
    try machine.define("x", 8)
    #expect(try machine.evaluate("x") == [8])
    try machine.define("x", .nil)
    #expect(throws: ScriptError.self) { try machine.evaluate("x") }
  }

  @Test func workIsCounted() throws {
    let machine = try machine()
    _ = try machine.evaluate("1 + 1")
    #expect(machine.instructionsOfLastCall < Limits.instructionStep)
    _ = try machine.evaluate("for i = 1, 100000 do end")
    // A numeric loop executes one instruction a round.
    #expect((90_000...120_000).contains(machine.instructionsOfLastCall))
  }
}
