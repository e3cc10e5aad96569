import Constitution
import Foundation
import LuaHost
import Stages

extension SessionLibrary {
  static let temperature = FieldType.number(0...5)
  static let tokens = FieldType.integer(1...100_000)
  static let seed = Field(
    "seed", .integer(0...Int64.max), .default(1), "names the draw: the same gives the same answer")

  private static let loading = Schema(
    name: "loading",
    fields: [
      .init(
        "precision", .choice(["float32", "bfloat16"]), .default(.string("float32")),
        "of matrix products")
    ])

  private static let sampling = Schema(
    name: "sampling",
    fields: [
      .init("temperature", temperature, .default(1.0), "0 takes the likeliest token each time"),
      .init("max_tokens", tokens, .default(64), "longest answer"),
      seed,
    ])

  static let constitution = Parameter(
    "constitution", .tagged("constitution"), "whose templates and functions are used")
  static let modelParameter = Parameter("model", .object("model"), "from solon.model")

  static func sampling(_ table: LuaTable) -> Workbench.Sampling {
    Workbench.Sampling(
      temperature: table["temperature"].doubleValue ?? 1,
      limit: Int(table["max_tokens"].integerValue ?? 64),
      seed: UInt64(table["seed"].integerValue ?? 1))
  }

  // MARK: Models

  var model: FunctionSpec {
    FunctionSpec(
      name: "solon.model",
      parameters: [
        Parameter("path", .nonEmptyString, "a Hugging Face directory"),
        Parameter("options", .record(Self.loading), "how to compute", default: [:]),
      ],
      result: ResultSpec(.object("model"), "the loaded model"),
      example: "m = solon.model \"base\"", summary: "Loads a model."
    ) { context throws(ScriptError) in
      try self.load(
        modelDirectory(context.string(0), root: self.root),
        inBfloat16: context.table(1)["precision"].stringValue == "bfloat16", context)
    }
  }

  func load(
    _ directory: URL, inBfloat16: Bool = false, _ context: CallContext
  ) throws(ScriptError) -> LuaValue {
    let bench = try attempt(context) {
      try Workbench(
        directory, inBfloat16: inBfloat16, store: self.store(),
        cancellation: self.cancellation)
    }
    return .object(LuaObject("model", state: bench, lifetime: .machine))
  }

  var modelObject: ObjectSpec {
    ObjectSpec(
      name: "model", summary: "A loaded language model.",
      methods: [
        FunctionSpec(
          name: "generate",
          parameters: [
            Parameter("prompt", .string, "what the user says"),
            Parameter("options", .record(Self.sampling), "how to sample", default: [:]),
          ],
          result: ResultSpec(.string, "the answer"),
          example: "print(m:generate(\"paint it\", { temperature = 0 }))",
          summary: "Answers a prompt."
        ) { context throws(ScriptError) in
          let bench = context.receiver(as: Workbench.self)
          let answers = try self.attempt(context) {
            try bench.answers(
              to: context.string(0), count: 1, Self.sampling(context.table(1)))
          }
          return .string(answers[0].text)
        },
        FunctionSpec(
          name: "sample",
          parameters: [
            Parameter("prompt", .string, "what the user says"),
            Parameter("count", .integer(1...10_000), "how many answers"),
            Parameter("options", .record(Self.sampling), "how to sample", default: [:]),
          ],
          result: ResultSpec(.array(of: .string), "the answers"),
          example: "for _, answer in ipairs(m:sample(\"paint it\", 3)) do print(answer) end",
          summary: "Answers a prompt several times, each with a draw of its own."
        ) { context throws(ScriptError) in
          let bench = context.receiver(as: Workbench.self)
          let answers = try self.attempt(context) {
            try bench.answers(
              to: context.string(0), count: context.integer(1), Self.sampling(context.table(2)))
          }
          return .table(LuaTable(array: answers.map { .string($0.text) }))
        },
        FunctionSpec(
          name: "tokens", parameters: [Parameter("text", .string, "any text")],
          result: ResultSpec(.integer, "how many", unit: "tokens"),
          example: "print(m:tokens(\"paint it\"))", summary: "Counts a text's tokens."
        ) { context throws(ScriptError) in
          .integer(Int64(context.receiver(as: Workbench.self).tokenCount(context.string(0))))
        },
      ])
  }

  var preferenceModel: FunctionSpec {
    FunctionSpec(
      name: "solon.preference_model",
      parameters: [
        Parameter("path", .nonEmptyString, "a directory that holds a preference model")
      ],
      result: ResultSpec(.object("preference_model"), "the loaded model"),
      example: "pm = run:preference_model()  -- or solon.preference_model \"directory\"",
      summary: "Loads a preference model."
    ) { context throws(ScriptError) in
      try self.loadScorer(modelDirectory(context.string(0), root: self.root), context)
    }
  }

  func loadScorer(_ directory: URL, _ context: CallContext) throws(ScriptError) -> LuaValue {
    let scorer = try attempt(context) { try Scorer(directory) }
    return .object(LuaObject("preference_model", state: scorer, lifetime: .machine))
  }

  var preferenceModelObject: ObjectSpec {
    ObjectSpec(
      name: "preference_model", summary: "A loaded preference model.",
      methods: [
        FunctionSpec(
          name: "score",
          parameters: [
            Parameter("prompt", .string, "what the user says"),
            Parameter("answer", .string, "what is scored"),
          ],
          result: ResultSpec(
            .number, "of which only differences between answers mean something", unit: "logits"),
          example: """
            local pm = run:preference_model()
            print(pm:score("paint it", "green") - pm:score("paint it", "red"))
            """,
          summary: "Scores an answer to a prompt."
        ) { context throws(ScriptError) in
          let scorer = context.receiver(as: Scorer.self)
          return try self.attempt(context) {
            .number(
              try scorer.scores(prompt: context.string(0), answers: [context.string(1)])[0])
          }
        }
      ])
  }
}
