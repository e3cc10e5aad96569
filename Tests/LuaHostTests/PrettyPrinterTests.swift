import LuaHost
import Testing

@Suite struct PrettyPrinterTests {
  private func text(_ source: String, width: Int = 40) throws -> String {
    let values = try Project().machine().evaluate(source)
    return PrettyPrinter(width: width).text(try #require(values.first))
  }

  @Test(arguments: [
    "1", "-7", "1.0", "0.1", "1e+15", "1e+16", "123456789012345678", "3.1415926535898", "2^53",
    "1/3", "-0.0", "1e300", "1e-07", "100.0", "math.huge", "-math.huge", "math.mininteger",
  ])
  func numbersAreAsLuaWritesThem(_ source: String) throws {
    let machine = try Project().machine()
    let written = try machine.evaluate("tostring(\(source))")[0].stringValue
    #expect(try text(source) == written)
  }

  @Test func plainValues() throws {
    #expect(try text("nil") == "nil")
    #expect(try text("true") == "true")
    #expect(try text("print") == "function (built in)")
    #expect(try text("function() end") == "function ((input):1)")
    #expect(
      PrettyPrinter().text(.object(LuaObject("rng", state: Self.self as AnyObject))) == "rng object"
    )
  }

  @Test func stringsAloneAreWrittenAsTheyAre() throws {
    #expect(try text("'a \"b\" \\\\ c'") == "a \"b\" \\ c")
    #expect(try text("'one\\n\\ttwo'") == "one\n\ttwo")
    // Nothing in a value can move the cursor or clear the screen.
    #expect(try text("'\\27[2J\\r\\0é'") == "\\u{1b}[2J\\u{d}\\u{0}é")
  }

  /// What is written between braces is Lua again.
  @Test func stringsInTablesAreLua() throws {
    let source = #"{ "a\"b\\c", "x\n\ty\r", "\27[2J", "é’" }"#
    let machine = try Project().machine()
    let value = try machine.evaluate(source)[0]
    let written = PrettyPrinter(width: 200).text(value)
    #expect(try machine.evaluate(written)[0] == value)
    #expect(!written.contains("\u{1b}"))
  }

  @Test func shortTablesTakeOneLine() throws {
    #expect(try text("{}") == "{}")
    #expect(try text("{ 1, 'two', x = 3, a = {} }") == #"{ 1, "two", a = {}, x = 3 }"#)
    #expect(
      try text("{ ['end'] = 1, ['a b'] = 2, ok_1 = 3 }", width: 80)
        == #"{ ["a b"] = 2, ["end"] = 1, ok_1 = 3 }"#)
  }

  @Test func longTablesAreIndented() throws {
    let expected = """
      {
        "aaaaaaaaaaaaaaaaaaaaaaaaa",
        inner = {
          "bbbbbbbbbbbbbbbbbbbbbbbbb",
          list = { 1, 2, 3 },
        },
      }
      """
    #expect(
      try text(
        "{ ('a'):rep(25), inner = { ('b'):rep(25), list = { 1, 2, 3 } } }") == expected)
    for line in expected.split(separator: "\n") { #expect(line.count <= 40) }
  }

  @Test func whatIsLeftOutIsCounted() throws {
    let many = PrettyPrinter(width: 60, entries: 3)
    let machine = try Project().machine()
    #expect(
      many.text(try machine.evaluate("{ 1, 2, 3, 4, 5, x = 6 }")[0]) == "{ 1, 2, 3, … 3 more }")
    let deep = PrettyPrinter(width: 60, depth: 2)
    #expect(
      deep.text(try machine.evaluate("{ { { 1, 2 }, {} } }")[0]) == "{ { { … 2 more }, {} } }")
    let cut = PrettyPrinter(width: 60, characters: 5)
    #expect(cut.text(try machine.evaluate("{ 'abcdefgh' }")[0]) == "{ \"abcde\"… 3 more }")
    // However large the value, the text is bounded.
    let large = try machine.evaluate(
      "local t = {} for i = 1, 5000 do t[i] = { i, ('x'):rep(1000), { i } } end return t")[0]
    #expect(PrettyPrinter(width: 80).text(large).count < 20_000)
  }

  @Test func taggedTablesAreDescribed() throws {
    let schema = Schema(
      "kit",
      [
        .required("name", .string), .required("version", .integer),
        .required("big_principles", .array(of: .any)), .required("odd_ones", .array(of: .any)),
        .required("templates", .map(of: .any)), .required("draw", .function),
      ])
    let machine = try Project().machine(library: [constructor("kit", schema)])
    let value = try machine.evaluate(
      """
      solon.kit { name = "good", version = 2, big_principles = { { id = "a" }, { id = "b" } },
        odd_ones = { 1 }, templates = { critique = "x", prompts = { 1, 2, 3 } },
        draw = function() end }
      """)[0]
    #expect(
      PrettyPrinter(width: 200).text(value)
        == "kit 'good': 2 big principles; 1 odd one; templates critique, prompts (3); "
        + "version 2; function draw")
    let narrow = PrettyPrinter(width: 30).text(value)
    #expect(narrow.split(separator: "\n").allSatisfy { $0.count <= 30 })
    // Inside another value, its name is enough.
    #expect(PrettyPrinter(width: 60).text([value, 1]) == "{ kit 'good', 1 }")
  }
}
