import Foundation
import LuaHost
import Testing

/// Random scripts, values and schemas: each ends in a result that an
/// independent reading agrees with, or in an error of one line.
@Suite(.serialized) struct FuzzTests {
  private static let limits = Limits(
    instructionsPerCall: 300_000, loadInstructions: 300_000, memoryBytes: 16 << 20,
    secondsPerCall: 2)

  /// Errors have a text of one line that is safe to print.
  private func check(_ error: ScriptError) throws {
    let text = error.description
    guard !text.isEmpty, text.utf8.count < 4000,
      !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { throw Unfit("an unfit error: \(text.debugDescription)") }
  }

  // MARK: Scripts

  private static let fragments = [
    "local", "function", "end", "return", "while true do", "if x then", "else", "repeat", "until",
    "for i = 1, 9 do", "break", "goto a", "::a::", "nil", "true", "...", "(", ")", "{", "}", "[",
    "]", "=", "==", "~", "..", ",", ";", "'", "\"", "[[", "]]", "--", "--[==[", "#", "-", "//",
    "0x1p9", "1e308", "9223372036854775807", "\\u{7FFFFFFF}", "\\xff", "\0", "é", "\u{1F600}",
    "pcall(error)", "error({})", "setmetatable({}, {})", "setmetatable({}, { __index = print })",
    "('x'):rep(1e6)", "('%d'):format(1)", "(''):gsub('.', print)", "('a'):find('%f[')",
    "table.sort({ 3, 1, 2 }, function() return true end)", "table.concat({ 1, {} })",
    "table.unpack({}, 1, 1e7)", "require 'x'", "tostring(nil)", "select(-1, ...)",
    "math.tointeger('8')", "utf8.char(-1)", "utf8.codepoint('\\xff')", "_ENV", "_G", "<close>",
    "<const>", "solon.constitution", "for k, v in pairs(_G) do", "next({}, 1)",
  ]

  private static let sources: [String] = {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let real = ["constitutions/harmless.lua", "examples/quickstart.lua"].compactMap {
      try? String(contentsOf: project.appendingPathComponent($0), encoding: .utf8)
    }
    return real + [
      "local t = {} for i = 1, 10 do t[i] = i * i end return t",
      "local s = 0 for k, v in pairs { a = 1, b = 2 } do s = s + v end return s",
      "return function(r) return r.score - 0.002 * math.max(0, r.length - 128) end",
      "return (('key = value'):gsub('(%w+) = (%w+)', '%2 = %1'))",
      "local t = { 3, 1, 2 } table.sort(t) return table.concat(t, ',')",
    ]
  }()

  private static func mutated(_ random: inout SplitMix) -> String {
    var bytes = Array(random.element(of: sources).utf8)
    for _ in 0...random.index(below: 8) {
      let at = random.index(below: bytes.count + 1)
      let end = min(bytes.count, at + random.index(below: 40))
      switch random.index(below: 6) {
      case 0 where at < bytes.count: bytes[at] = UInt8(truncatingIfNeeded: random.next())
      case 1: bytes.removeSubrange(at..<end)
      case 2: bytes.insert(contentsOf: bytes[at..<end], at: random.index(below: bytes.count + 1))
      case 3:
        let copy = Array(bytes[at..<end])
        for _ in 0..<random.index(below: 200) { bytes.insert(contentsOf: copy, at: at) }
      default:
        bytes.insert(contentsOf: Array((" " + random.element(of: fragments) + " ").utf8), at: at)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func scripts() throws {
    let anything = FunctionSpec(
      name: "solon.constitution", parameters: [Parameter("table", .any)]
    ) { .table($0[0].tableValue?.tagged("constitution", at: $0.location) ?? LuaTable()) }
    let project = try Project()
    var machine: LuaVM?
    var uses = 0
    try Fuzz.cases("scripts", input: Self.mutated) { text, random in
      // A new machine now and then; between, each case meets what others left.
      if uses % 50 == 0 {
        machine = try project.machine(limits: Self.limits, library: [anything])
      }
      uses += 1
      let machine = machine!
      do {
        let values =
          random.chance(2) ? try machine.evaluate(text) : [try project.run(machine, text)]
        for function in values.compactMap(\.functionValue) {
          _ = try machine.call(function, [["score": 1]])
        }
      } catch let error as ScriptError {
        try check(error)
      }
      _ = machine.needsMoreInput(text)
      guard try machine.evaluate("(function() return 6 * 7 end)()") == [42] else {
        throw Unfit("the machine no longer computes")
      }
    }
  }

  // MARK: Values

  private static let odd = [
    "0", "-0.0", "0/0", "1/0", "math.mininteger", "1.5", "''", "'\\0'", "'é'", "'e\\u{301}'",
    "'\\xff'", "('x'):rep(70000)", "true", "false", "print", "function() end", "nil", "_G",
    "setmetatable({}, {})", "string", "object",
  ]

  /// A chunk that builds some tables out of each other, cycles included, and
  /// returns the first with a function that compares a copy with it.
  private static func tables(_ random: inout SplitMix) -> String {
    let count = 1 + random.index(below: 6)
    var text = "local object = ...\n"
    func value(_ random: inout SplitMix) -> String {
      random.chance(3) ? "t\(1 + random.index(below: count))" : random.element(of: odd)
    }
    for table in 1...count { text += "local t\(table) = {}\n" }
    for table in 1...count {
      for _ in 0..<random.index(below: 5) {
        let key =
          random.chance(2)
          ? "#t\(table) + 1"
          : random.element(of: [
            "'a'", "'b.c'", "''", "'é'", "'e\\u{301}'", "'\\27'", "1", "2", "0", "-1", "7", "1.5",
            "true", "print", "t1", "math.maxinteger", "('k'):rep(300)",
          ])
        // Mostly downwards, so that most are trees.
        let downwards = min(count, table + 1 + random.index(below: 2))
        let part = random.chance(2) ? "t\(downwards)" : value(&random)
        text += "t\(table)[\(key)] = \(part)\n"
      }
    }
    return text
  }

  private static let comparison = """
    local function same(a, b)
      if a ~= a then return b ~= b end
      if type(a) == "userdata" then return type(b) == "userdata" end
      if type(a) ~= "table" then return math.type(a) == math.type(b) and a == b end
      if type(b) ~= "table" then return false end
      for k, v in pairs(a) do if not same(v, b[k]) then return false end end
      for k in pairs(b) do if a[k] == nil then return false end end
      return true
    end
    """

  @Test func valuesSurviveBothWays() throws {
    let project = try Project()
    let spec = ObjectSpec(name: "thing", summary: "A thing.", methods: [])
    let echo = FunctionSpec(
      name: "solon.echo", parameters: [Parameter("value", .any)]
    ) { $0[0] }
    let thing = LuaObject("thing", state: NSObject(), lifetime: .machine)
    let machine = try project.machine(library: [echo], objectTypes: [spec])
    var survived = 0
    var refused = 0
    try Fuzz.cases("values", input: Self.tables) { text, _ in
      let chunk =
        "return function(...)\n\(text)\n\(Self.comparison)\n"
        + "return { t1, function(copy) return same(t1, copy) and same(solon.echo(copy), t1) end }\nend"
      do {
        let make = try project.run(machine, chunk).functionValue!
        let pair = try machine.call(make, [.object(thing)]).arrayValue!
        let isSame = try machine.call(pair[1].functionValue!, [pair[0]])
        guard isSame == true else { throw Unfit("a copy differs from \(pair[0])") }
        survived += 1
      } catch let error as ScriptError {
        try check(error)
        guard error.description.hasPrefix("main.lua:") else {
          throw Unfit("an error without a place: \(error)")
        }
        refused += 1
      }
    }
    #expect(survived > 20)
    #expect(refused > 20)
  }

  // MARK: Schemas

  private static let names = ["a", "b", "kl", "clip", "steps"]

  private static func type(_ random: inout SplitMix, depth: Int = 0) -> FieldType {
    switch random.index(below: depth < 3 ? 12 : 8) {
    case 0: .boolean
    case 1: .integer(-5...Int64(random.index(below: 10)))
    case 2: .number(0...Double(1 + random.index(below: 3)))
    case 3: .string
    case 4: .nonEmptyString
    case 5: .choice(["a", "b"])
    case 6: .any
    case 7: .tagged("thing")
    case 8: .array(of: type(&random, depth: depth + 1))
    case 9: .map(of: type(&random, depth: depth + 1))
    case 10: .anyOf([type(&random, depth: depth + 1), type(&random, depth: depth + 1)])
    default: .record(schema(&random, depth: depth + 1))
    }
  }

  private static func schema(_ random: inout SplitMix, depth: Int = 0) -> Schema {
    let fields = names.prefix(random.index(below: names.count)).map { name in
      Field(
        name, type(&random, depth: depth), random.chance(2) ? .optional : .required, "A field.")
    }
    return Schema(name: "random", fields: fields)
  }

  /// A value, mostly of the type.
  private static func value(
    of type: FieldType, _ random: inout SplitMix, depth: Int = 0
  ) -> LuaValue {
    let scalars: [LuaValue] = [
      nil, true, 1, 2.5, .number(3), .number(.nan), .number(.infinity), "", "a", "x", "7",
      .integer(.max), .table(LuaTable(kind: "thing")), .table(LuaTable()), [1], ["a": 1],
    ]
    if random.chance(12) || depth > 5 { return random.element(of: scalars) }
    switch type {
    case .array(let element):
      return .table(
        LuaTable(
          array: (0..<random.index(below: 3)).map { _ in
            value(of: element, &random, depth: depth + 1)
          }))
    case .map(let element):
      return .table(
        LuaTable(fields: ["x": value(of: element, &random, depth: depth + 1)]))
    case .record(let schema):
      var table = LuaTable()
      for field in schema.fields where !random.chance(8) {
        table[field.name] = value(of: field.type, &random, depth: depth + 1)
      }
      if random.chance(10) { table["steqs"] = 1 }
      return .table(table)
    case .anyOf(let types): return value(of: random.element(of: types), &random, depth: depth + 1)
    case .boolean: return true
    case .integer: return random.chance(2) ? 1 : .number(1)
    case .number: return random.chance(2) ? 1 : 0.5
    case .string, .nonEmptyString, .choice: return "a"
    case .tagged: return .table(LuaTable(kind: "thing"))
    default: return random.element(of: scalars)
    }
  }

  /// Whether a value fits, read off the documentation of `FieldType`.
  private static func fits(_ value: LuaValue, _ type: FieldType) -> Bool {
    let plain = value.tableValue.flatMap { $0.kind == nil ? $0 : nil }
    switch type {
    case .any: return true
    case .boolean: return value.boolValue != nil
    case .integer(let range): return value.integerValue.map(range.contains) ?? false
    case .number(let range): return value.doubleValue.map { $0.isFinite && range ~= $0 } ?? false
    case .string: return value.stringValue != nil
    case .nonEmptyString: return value.stringValue.map { $0 != "" } ?? false
    case .choice(let names): return value.stringValue.map(names.contains) ?? false
    case .tagged(let kind): return value.tableValue?.kind == kind
    case .array(let element):
      return plain.map { $0.fields.isEmpty && $0.array.allSatisfy { fits($0, element) } } ?? false
    case .map(let element):
      return plain.map { $0.array.isEmpty && $0.fields.values.allSatisfy { fits($0, element) } }
        ?? false
    case .anyOf(let types): return types.contains { fits(value, $0) }
    case .record(let schema): return value.tableValue.map { fits($0, schema) } ?? false
    case .function: return value.functionValue != nil
    case .object: return value.objectValue != nil
    }
  }

  private static func fits(_ table: LuaTable, _ schema: Schema) -> Bool {
    table.array.isEmpty
      && table.fields.keys.allSatisfy { name in schema.fields.contains { $0.name == name } }
      && schema.fields.allSatisfy { field in
        if !table[field.name].isNil { return fits(table[field.name], field.type) }
        if case .required = field.presence { return false }
        return true
      }
  }

  @Test func schemasAgreeWithTheirDocumentation() throws {
    var accepted = 0
    var refused = 0
    try Fuzz.cases(
      "schemas",
      input: { random in
        let seed = random.next()
        var copy = SplitMix(state: seed)
        let schema = Self.schema(&copy)
        let value = Self.value(of: .record(schema), &copy)
        return "\(seed)\n\(schema)\n\(value)"
      },
      run: { text, _ in
        var random = SplitMix(state: UInt64(text.prefix { $0 != "\n" })!)
        let schema = Self.schema(&random)
        guard let table = Self.value(of: .record(schema), &random).tableValue else { return }
        let expected = Self.fits(table, schema)
        do {
          let checked = try schema.validate(table, path: "random")
          guard expected else { throw Unfit("accepted") }
          // By their texts, since no NaN equals itself.
          let again = try schema.validate(checked, path: "random")
          guard "\(again)" == "\(checked)" else {
            throw Unfit("checking again changes it")
          }
          accepted += 1
        } catch let error as ScriptError {
          try check(error)
          guard !expected else { throw Unfit("refused: \(error)") }
          guard error.reason == .schema, error.message.hasPrefix("random") else {
            throw Unfit("no schema error: \(error)")
          }
          refused += 1
        }
      })
    #expect(accepted > 20)
    #expect(refused > 20)
  }
}
