public import KeyedRandom
public import LuaHost

/// What a probe file returns: items with known answers that measure how well
/// a model criticises and judges, put to it through a constitution's
/// templates.
public struct ProbeSuite: Sendable {
  public var name: String
  public var seed: UInt64
  /// A Hugging Face directory, relative to the project's root.
  public var model: String
  public var constitution: Constitution
  /// Items of each kind.
  public var count: Int
  public var maximumTokens: Int
  /// Kinds of item by name, each with the function that draws one.
  public var critiques: [(kind: String, draw: LuaFunction)]
  public var judgements: [(kind: String, draw: LuaFunction)]

  /// A response to criticise, and the exact critique that is right.
  public struct CritiqueItem: Sendable {
    public var prompt: String
    public var response: String
    public var request: String
    public var expected: String
  }

  /// Two responses to choose between, and the right choice.
  public struct JudgementItem: Sendable {
    public var prompt: String
    public var a: String
    public var b: String
    public var instruction: String
    public var expectsA: Bool
  }

  static let schema = Schema(
    name: "probes",
    fields: [
      .init("name", .nonEmptyString, .required, "shown with the results"),
      .init("seed", .integer(0...Int64.max), .default(.integer(1)), "keys every draw"),
      .init(
        "model", .nonEmptyString, .required, "a Hugging Face directory, from the project's root"),
      .init(
        "constitution", .tagged("constitution"), .required, "whose templates put the questions"),
      .init("count", .integer(1...1_000_000), .default(.integer(400)), "items of each kind"),
      .init(
        "max_tokens", .integer(1...100_000), .default(.integer(128)),
        "longest critique or reasoning"),
      .init(
        "critiques", .map(of: .function(CallbackSchemas.critiqueItem)), .optional,
        "by kind of item: draws one"),
      .init(
        "judgements", .map(of: .function(CallbackSchemas.judgementItem)), .optional,
        "by kind of item: draws one"),
    ])

  /// Builds the suite from a table that `solon.probes` made.
  public init(_ table: LuaTable, overrides: [Override] = []) throws(ScriptError) {
    precondition(table.kind == "probes", "not a probes table")
    let table = try overrides.applied(to: table, schema: Self.schema)
    name = table.text("name")
    seed = UInt64(table.int("seed"))
    model = table.text("model")
    constitution = try Constitution(table.table("constitution"))
    count = table.int("count")
    maximumTokens = table.int("max_tokens")
    func kinds(_ name: String) -> [(kind: String, draw: LuaFunction)] {
      (table.optionalTable(name) ?? LuaTable()).fields.compactMap { kind, value in
        value.functionValue.map { (kind, $0) }
      }
    }
    critiques = kinds("critiques")
    judgements = kinds("judgements")
  }
}

/// Draws the items of a probe suite. Confined to its machine's thread.
public final class ProbeHooks {
  private let vm: LuaVM

  public init(vm: LuaVM) { self.vm = vm }

  public func critique(
    _ draw: LuaFunction, kind: String, key: RandomKey
  ) throws(ScriptError) -> ProbeSuite.CritiqueItem {
    let text = try item(draw, kind, key, ["prompt", "response", "request", "expected"])
    return ProbeSuite.CritiqueItem(
      prompt: text[0], response: text[1], request: text[2], expected: text[3])
  }

  public func judgement(
    _ draw: LuaFunction, kind: String, key: RandomKey
  ) throws(ScriptError) -> ProbeSuite.JudgementItem {
    let text = try item(draw, kind, key, ["prompt", "a", "b", "text", "expected"])
    guard text[4] == "A" || text[4] == "B" else {
      throw ScriptError(
        "probe \(kind): expected: 'A' or 'B', got '\(text[4])'", at: draw.location,
        context: "item \(key.item)")
    }
    return ProbeSuite.JudgementItem(
      prompt: text[0], a: text[1], b: text[2], instruction: text[3], expectsA: text[4] == "A")
  }

  private func item(
    _ draw: LuaFunction, _ kind: String, _ key: RandomKey, _ names: [String]
  ) throws(ScriptError) -> [String] {
    let activity = Activity("probe \(kind)", nil, "item", key.item)
    let result = try vm.call(draw, [ScriptRandom.object(key)], activity: activity)
    var texts: [String] = []
    for name in names {
      guard let text = result.tableValue?[name].stringValue else {
        throw ScriptError(
          "probe \(kind): expected an item with the text '\(name)', got \(result.summary)",
          at: draw.location, context: activity.description)
      }
      texts.append(text)
    }
    return texts
  }
}
