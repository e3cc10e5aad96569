import LuaHost
import Testing

@Suite struct ConversionTests {
  private let echo = FunctionSpec(
    name: "solon.echo", parameters: [Parameter("value", .any)]
  ) { $0[0] }

  @Test func scalarsKeepTheirTypes() throws {
    let value = try run(
      """
      return { nil == nil, false, 1, 1.0, -0.0, math.mininteger, math.huge,
        "", "a\\0b", "é" }
      """)
    #expect(
      value == [
        true, false, .integer(1), .number(1), .number(-0.0), .integer(.min),
        .number(.infinity), "", "a\0b", "é",
      ])
    guard case .integer = value.arrayValue![2] else {
      Issue.record("1 became a float")
      return
    }
    guard case .number(let zero) = value.arrayValue![4] else {
      Issue.record("-0.0 became an integer")
      return
    }
    #expect(zero.sign == .minus)
  }

  @Test func fieldsAreSortedByBytes() throws {
    let value = try run("return { b = 1, a = 2, Z = 3, ['é'] = 4, [''] = 5 }")
    #expect(
      value.tableValue.map { Array($0.fields.keys) }
        == ["", "Z", "a", "b", "é"])
  }

  @Test func valuesSurviveTheRoundTrip() throws {
    let project = try Project()
    let machine = try project.machine(library: [echo])
    let identity = try #require(
      try project.run(machine, "return function(v) return solon.echo(v) end")
        .functionValue)
    let values: [LuaValue] = [
      .nil, true, .integer(.max), .number(0.1), "text", [1, 2.5, "x"],
      ["a": 1, "b": ["c": [["d": true]]]], .table(LuaTable()),
      .string(String(repeating: "long ", count: 100_000)),
      .table(
        LuaTable(array: (0..<2000).map { .integer($0) }, fields: ["n": 2000])),
    ]
    for value in values {
      #expect(try machine.call(identity, [value]) == value)
    }
  }

  @Test func functionsComeBackAsThemselves() throws {
    let project = try Project()
    let machine = try project.machine(library: [echo])
    let pair = try project.run(
      machine,
      """
      local function f() return 7 end

      return { f, function(g) return solon.echo(g) == f end, math.max }
      """
    ).arrayValue!.map { $0.functionValue! }
    #expect(pair[0].location?.description == "main.lua:1")
    #expect(pair[1].location?.description == "main.lua:3")
    #expect(pair[2].location == nil)
    #expect(try machine.call(pair[1], [.function(pair[0])]) == true)
    #expect(try machine.call(pair[0], []) == 7)
    #expect(try machine.call(pair[2], [3, 9, 4]) == 9)
  }

  @Test(arguments: [
    (
      "local t = { a = {} } t.a.b = t return t",
      "returned value.a.b: the table contains itself"
    ),
    (
      "return { [1] = 1, [3] = 3 }",
      "returned value: the list has a hole: element 2 is nil"
    ),
    (
      "return { x = { [0] = 1 } }",
      "returned value.x: key 0 is not allowed: lists start at 1"
    ),
    (
      "return { [true] = 1 }",
      "returned value: a boolean as a key is not allowed: use strings, or 1...n"
    ),
    (
      "return { a = { 'ok', 'x\\xff' } }",
      "returned value.a[2]: invalid UTF-8 at byte 2 (0xFF)"
    ),
    (
      "return { setmetatable({}, { __index = function() error 'x' end }) }",
      "returned value[1]: a table with a metatable cannot be handed to the host"
    ),
  ])
  func unfitValuesAreRefusedWithTheirPath(
    text: String, message: String
  ) throws {
    #expect(try failure(text).message == message)
  }

  @Test func depthIsLimited() throws {
    let nest = "local t = {} for i = 1, N do t = { t } end return t"
    #expect(
      throws: Never.self,
      performing: {
        try run(nest.replacing("N", with: "15"))
      })
    #expect(
      try failure(nest.replacing("N", with: "16")).message
        == "returned value" + String(repeating: "[1]", count: 16)
        + ": tables are nested deeper than 16 levels")
  }

  @Test func sharedTablesCountEachTime() throws {
    // 2^15 leaves from 16 tables.
    let text = "local t = { 1 } for i = 1, 15 do t = { t, t } end return t"
    #expect(throws: Never.self) { try run(text) }
    let error = try failure(text, limits: Limits(maximumNodes: 10_000))
    #expect(error.message.hasSuffix("too many parts (limit 10000)"))
  }

  @Test func invalidUTF8IsRefusedExactly() throws {
    // Overlong, surrogate, beyond U+10FFFF, truncated, lone continuation.
    let bad = [
      ("\\xC0\\x80", 1), ("ab\\xED\\xA0\\x80", 3), ("\\xF4\\x90\\x80\\x80", 1),
      ("12345678\\xE2\\x82", 9), ("é\\x80", 3),
    ]
    for (text, offset) in bad {
      #expect(
        try failure("return \"\(text)\"").message
          .hasPrefix("returned value: invalid UTF-8 at byte \(offset) "))
    }
    for text in ["\u{10FFFF}", "\u{FFFD}", "\u{800}", "\u{D7FF}", "\u{10000}"] {
      #expect(try run("return \"\(text)\"") == .string(text))
    }
  }
}
