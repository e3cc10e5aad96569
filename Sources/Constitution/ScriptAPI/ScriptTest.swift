import KeyedRandom
import LuaHost

/// `solon.test` and the object its function gets: tests of a constitution,
/// written beside it in Lua (`harmless_test.lua`).
enum ScriptTest {
  static let schema = Schema(
    name: "test",
    fields: [
      .init("name", .nonEmptyString, .required, "what must hold"),
      .init("body", .function(nil), .required, "raises an error when it does not"),
    ])

  static var function: FunctionSpec {
    FunctionSpec(
      name: "solon.test",
      parameters: [
        Parameter("name", .nonEmptyString, "what must hold"),
        Parameter(
          "body",
          .function(Callback([Parameter("t", .object("test"))], returns: ResultSpec("nil"))),
          "raises an error when it does not"),
      ],
      result: ResultSpec(.tagged("test"), "an element of the list that the file returns"), since: 1,
      example: """
        return {
          solon.test("the mean of two votes", function(t)
            t:near(solon.stats.mean({ t:vote { p = 1 }, t:vote { p = 0 } }, "p"), 0.5)
          end),
        }
        """,
      summary:
        "A test. A file named *_test.lua returns a list of them, and `solon check` runs them."
    ) { context throws(ScriptError) in
      .table(
        LuaTable(fields: ["name": context[0], "body": context[1]])
          .tagged("test", at: context.location))
    }
  }

  /// The object holds nothing: every table it makes depends on its arguments
  /// alone.
  private final class State {}

  static func object() -> LuaValue { .object(LuaObject("test", state: State())) }

  static var spec: ObjectSpec {
    ObjectSpec(
      name: "test",
      summary: "What a test's function gets: checks, and the tables that callbacks are given.",
      methods: [
        equal, near, check, fails, vote, labelContext, drawContext, rewardSample, revisionSample,
      ])
  }

  // MARK: Checks

  private static var equal: FunctionSpec {
    FunctionSpec(
      name: "equal",
      parameters: [
        Parameter("got", .any, optional: true), Parameter("expected", .any, optional: true),
      ],
      example: "t:equal({ 1, { a = 2 } }, { 1, { a = 2 } })",
      summary:
        "Both are the same value; tables are compared by their contents. Functions have none: compare what they return."
    ) { context throws(ScriptError) in
      guard same(context[0], context[1]) else {
        throw context.error("expected \(context[1].summary), got \(context[0].summary)")
      }
      return .nil
    }
  }

  /// Numbers are equal by value, whether Lua holds them as integers or floats.
  private static func same(_ a: LuaValue, _ b: LuaValue) -> Bool {
    if let x = a.doubleValue, let y = b.doubleValue { return x == y }
    guard let a = a.tableValue, let b = b.tableValue else { return a == b }
    return a.array.count == b.array.count && a.fields.count == b.fields.count
      && zip(a.array, b.array).allSatisfy(same)
      && a.fields.allSatisfy { name, value in b.fields[name].map { same(value, $0) } ?? false }
  }

  private static var near: FunctionSpec {
    FunctionSpec(
      name: "near",
      parameters: [
        Parameter("got", .any, optional: true), Parameter("expected", .number),
        Parameter("tolerance", .number, range: 0...Double.greatestFiniteMagnitude, default: 1e-9),
      ],
      example: "t:near(0.1 + 0.2, 0.3)",
      summary: "The number is within `tolerance` of the expected one."
    ) { context throws(ScriptError) in
      guard let got = context[0].doubleValue, abs(got - context.number(1)) <= context.number(2)
      else {
        throw context.error(
          "expected \(context[1].summary) within \(context[2].summary), got \(context[0].summary)")
      }
      return .nil
    }
  }

  private static var check: FunctionSpec {
    FunctionSpec(
      name: "check",
      parameters: [
        Parameter("condition", .any, "anything but nil and false passes", optional: true),
        Parameter("message", .string, "what does not hold", optional: true),
      ],
      example: "t:check(1 < 2, \"one is less than two\")",
      summary: "The condition holds."
    ) { context throws(ScriptError) in
      if context[0].isNil || context[0] == false {
        throw context.error(context[1].stringValue ?? "the condition is \(context[0].summary)")
      }
      return .nil
    }
  }

  private static var fails: FunctionSpec {
    FunctionSpec(
      name: "fails",
      parameters: [
        Parameter("body", .function, "called without arguments"),
        Parameter("text", .string, "must be part of the message", optional: true),
      ],
      result: ResultSpec(.string, "the message"),
      example: "t:fails(function() error(\"no such principle\") end, \"no such\")",
      summary: "The function raises an error."
    ) { context throws(ScriptError) in
      var message: String?
      do throws(ScriptError) {
        _ = try context.call(context.function(0), [])
      } catch {
        // A limit ends the test itself; it is not an error the script raised.
        guard [.runtime, .schema, .file, .syntax].contains(error.reason) else { throw error }
        message = error.message
      }
      guard let message else { throw context.error("expected an error, and there was none") }
      if let text = context[1].stringValue, !message.contains(text) {
        throw context.error("expected an error with '\(text)', got '\(message)'")
      }
      return .string(message)
    }
  }

  // MARK: Tables that callbacks are given

  private static let examplePrompt: LuaValue = ["id": "example", "text": "an example prompt"]
  private static let exampleRevisionPrinciple: LuaValue = [
    "id": "example", "tags": [], "weight": 1.0, "critique": "What is wrong with it?",
    "revision": "Put it right.",
  ]
  private static let examplePreferencePrinciple: LuaValue = [
    "id": "example", "tags": [], "weight": 1.0, "text": "Choose the better.",
  ]

  /// A method that fills in what its table leaves out and checks the rest.
  private static func maker(
    _ name: String, _ schema: Schema, _ defaults: OrderedDictionary<String, LuaValue>,
    leavingOut: Set<String> = [], adding extra: [Field] = [], example: String, summary: String,
    finish: @escaping (LuaTable) -> LuaTable = { $0 }
  ) -> FunctionSpec {
    let fields = schema.fields.filter { !leavingOut.contains($0.name) }.map { field in
      guard let value = defaults[field.name] else { return field }
      return Field(field.name, field.type, .default(value), field.doc, unit: field.unit)
    }
    let options = Schema(name: "\(schema.name) options", fields: fields + extra)
    return FunctionSpec(
      name: name,
      parameters: [Parameter("fields", .record(options), "those that matter", default: [:])],
      result: ResultSpec(.record(schema)), example: example, summary: summary
    ) { context throws(ScriptError) in
      // Defaults may hold tables whose own fields have defaults.
      let table = try options.validate(
        context.table(0), path: "test:\(name)", at: context.location)
      return .table(finish(table))
    }
  }

  private static var vote: FunctionSpec {
    maker(
      "vote", CallbackSchemas.vote,
      [
        "principle": examplePreferencePrinciple, "order": "AB", "p": 0.5, "log_first": -0.7,
        "log_second": -0.7, "parsed": true,
      ],
      example: "local vote = t:vote { p = 0.9, order = \"BA\" }\nassert(vote.parsed)",
      summary: "A vote as `label` gets it.")
  }

  private static var labelContext: FunctionSpec {
    maker(
      "label_context", CallbackSchemas.labelContext,
      [
        "prompt": examplePrompt, "a": "one answer", "b": "another answer", "clamp": false,
        "chain_of_thought": false,
      ],
      example: "local ctx = t:label_context { clamp = { 0.2, 0.8 } }\nassert(ctx.clamp[2] == 0.8)",
      summary: "The second argument of `label`.")
  }

  private static var drawContext: FunctionSpec {
    maker(
      "draw_context", CallbackSchemas.drawContext,
      ["stage": "revise", "round": 1, "prompt": examplePrompt],
      leavingOut: ["rng"],
      adding: [.init("seed", .integer(0...Int64.max), .default(1), "names the random numbers")],
      example: """
        local ctx = t:draw_context { principles = { { id = "x", text = "Choose x." } }, seed = 7 }
        assert(ctx.rng:choice(ctx.principles).id == "x")
        """,
      summary: "The argument of `draw`, with random numbers keyed by `seed`."
    ) { table in
      var table = table
      let seed = UInt64(table["seed"].integerValue ?? 1)
      table["seed"] = .nil
      table["rng"] = ScriptRandom.object(RandomKey(seed: seed, stage: "test", item: "draw"))
      return table
    }
  }

  private static var rewardSample: FunctionSpec {
    maker(
      "reward_sample", CallbackSchemas.rewardSample,
      [
        "score": 0.0, "kl": 0.0, "length": 20, "ended": true, "text": "an answer",
        "prompt_id": "example", "iteration": 0,
      ],
      example: "local sample = t:reward_sample { score = 2, length = 40 }\nassert(sample.ended)",
      summary: "The argument of `reward`.")
  }

  private static var revisionSample: FunctionSpec {
    maker(
      "revision_sample", CallbackSchemas.revisionSample,
      [
        "prompt": examplePrompt, "round": 1, "principle": exampleRevisionPrinciple,
        "response": "a response", "critique": "a critique", "revision": "a revision",
      ],
      example: "local sample = t:revision_sample { revision = \"a response\" }\n"
        + "assert(sample.revision == sample.response)",
      summary: "The argument of `keep`.")
  }
}
