import Constitution
import Foundation
import Kernels
public import LuaHost
import Report
public import RunStore
import Stages

extension SessionLibrary {
  /// The state of a `run` object.
  private final class OpenRun {
    let id: String

    init(_ id: String) { self.id = id }
  }

  /// The object for a run of the record.
  public func object(_ run: RunRecord) -> LuaValue {
    .object(LuaObject("run", state: OpenRun(run.id), lifetime: .machine))
  }

  // MARK: Starting

  private static let experiment = Parameter(
    "experiment", .tagged("experiment"), "from solon.experiment, such as `require \"…\"`")

  private static func options(limit: LuaValue) -> Schema {
    Schema(
      name: limit.isNil ? "run options" : "slice options",
      fields: [
        .init(
          "limit", .integer(1...100_000_000), limit.isNil ? .optional : .default(limit),
          "only so many prompts of each set, evenly spaced, for trying out"),
        .init(
          "set", .map(of: .any), .default([:]),
          "settings by path, such as [\"stages.revise.rounds\"] = 2"),
      ])
  }

  var run: FunctionSpec {
    FunctionSpec(
      name: "solon.run",
      parameters: [
        Self.experiment,
        Parameter("options", .record(Self.options(limit: nil)), "what to change", default: [:]),
      ],
      result: ResultSpec(.object("run"), "the finished run"),
      example: "finished = solon.run(e, { limit = 2 })\nprint(finished:summary())",
      summary: "Runs an experiment, as `solon run` does; what is on record is not computed again."
    ) { context throws(ScriptError) in
      try self.start(context) { try $0.run(as: $1, scripts: context.machine.loadedScripts) }
    }
  }

  var slice: FunctionSpec {
    FunctionSpec(
      name: "solon.slice",
      parameters: [
        Self.experiment,
        Parameter("options", .record(Self.options(limit: 16)), "what to change", default: [:]),
      ],
      result: ResultSpec(.object("run"), "the finished slice"),
      example: """
        sliced = solon.slice(e, { limit = 2, set = { ["stages.revise.rounds"] = 1 } })
        print(sliced:summary())
        """,
      summary: "Runs the stages before training on a few prompts: responses, revisions, votes, "
        + "labels."
    ) { context throws(ScriptError) in
      try self.start(context) { try $0.slice(as: $1, scripts: context.machine.loadedScripts) }
    }
  }

  private func start(
    _ context: CallContext, _ body: (Pipeline, RunRecord) throws -> RunRecord
  ) throws(ScriptError) -> LuaValue {
    let options = context.table(1)
    let settings = (options["set"].tableValue?.fields ?? [:]).map { "\($0)=\($1.plainText)" }
    let overrides = settings.compactMap(Override.init)
    guard overrides.count == settings.count else {
      throw context.error("set: expected paths, such as [\"stages.revise.rounds\"] = 2")
    }
    var experiment = try Experiment(context.table(0), overrides: overrides)
    let limit = options["limit"].integerValue.map { Int($0) }
    if let limit { experiment.prompts.limit(to: limit) }
    let hooks = ScriptHooks(
      vm: context.machine, constitution: experiment.constitution,
      evaluator: experiment.evaluator)
    return try attempt(context) {
      let store = try self.store()
      var pipeline = try Pipeline(
        experiment: experiment, hooks: hooks, store: store,
        start: StartingModel(experiment, root: self.root),
        observer: self.observer, lanes: Lanes.standardCount)
      pipeline.cancellation = self.cancellation
      return self.object(try body(pipeline, self.describe(experiment, settings, limit)))
    }
  }

  // MARK: Looking

  private static let runFacts = Schema(
    name: "run facts",
    fields: [
      .init("id", .string, .required, "short, unique in the record"),
      .init("name", .string, .required, "of the experiment"),
      .init("seed", .integer, .required, "of the experiment"),
      .init("status", .string, .required, "running, finished, failed, stopped or interrupted"),
      .init("constitution", .string, .required, "its name"),
      .init("started", .string, .required, "UTC"),
      .init("limit", .integer, .optional, "prompts of each set, for a run to try out"),
      .init("seconds", .number, .optional, "of the whole run"),
    ])

  private func facts(_ run: RunRecord) -> LuaValue {
    [
      "id": .string(run.id), "name": .string(run.name), "seed": .integer(run.seed),
      "status": .string(run.status.rawValue), "constitution": .string(run.constitutionName),
      "started": .string(run.startedAt.formatted(.iso8601)),
      "limit": run.limit.map { .integer(Int64($0)) } ?? .nil,
      "seconds": run.outcome.seconds.map { .number($0) } ?? .nil,
    ]
  }

  var runs: FunctionSpec {
    FunctionSpec(
      name: "solon.runs",
      parameters: [Parameter("count", .integer(1...1_000_000), "at most so many", default: 20)],
      result: ResultSpec(.array(of: .record(Self.runFacts)), "newest first"),
      example: "for _, r in ipairs(solon.runs(5)) do print(r.id, r.name, r.status) end",
      summary: "The runs on record."
    ) { context throws(ScriptError) in
      try self.attempt(context) {
        .table(
          LuaTable(array: try self.store().runs(limit: context.integer(0)).map(self.facts)))
      }
    }
  }

  var open: FunctionSpec {
    FunctionSpec(
      name: "solon.open",
      parameters: [
        Parameter(
          "run", .nonEmptyString, "an id, its beginning, or a name; the latest when left out",
          optional: true)
      ],
      result: ResultSpec(.object("run"), "the run"), example: "latest = solon.open()",
      summary: "Opens a run of the record."
    ) { context throws(ScriptError) in
      try self.attempt(context) {
        self.object(try self.store().run(matching: context[0].stringValue))
      }
    }
  }

  private static let sampleFilter = Schema(
    name: "sample filter",
    fields: [
      .init("stage", .string, .optional, "such as \"revise\" or \"evaluate\""),
      .init("system", .string, .optional, "such as \"sl-cai\""),
      .init("prompt_id", .string, .optional, "a prompt's id"),
      .init(
        "kind", .choice(SampleKind.allCases.map(\.rawValue)), .optional, "what the text is"),
      .init("principle", .string, .optional, "the id of the principle it was asked with"),
      .init("contains", .string, .optional, "text that it holds"),
      .init("limit", .integer(1...1_000_000), .default(20), "at most so many"),
    ])

  private static let sample = Schema(
    name: "sample",
    fields: [
      .init("stage", .string, .required, "that made it"),
      .init("system", .string, .optional, "whose answer it is"),
      .init("prompt_id", .string, .required, "a prompt's id"),
      .init("prompt", .string, .optional, "what the user says"),
      .init("round", .integer, .required, "of revision, 0 for the first response"),
      .init("kind", .string, .required, "response, critique, revision or reasoning"),
      .init("principle", .string, .optional, "the id of the principle it was asked with"),
      .init("text", .string, .required, "what the model wrote"),
    ])

  private static let figure = Schema(
    name: "figure",
    fields: [
      .init("system", .string, .required, "whose answers"),
      .init("metric", .string, .required, "such as \"harmfulness\""),
      .init("category", .string, .optional, "of harm; absent for all together"),
      .init("mean", .number, .required, "over prompts"),
      .init("low", .number, .required, "95 % interval"),
      .init("high", .number, .required, "95 % interval"),
      .init("n", .integer, .required, "prompts"),
    ])

  private func method(
    _ name: String, _ parameters: [Parameter] = [], returns result: ResultSpec, example: String,
    _ summary: String,
    _ body: @escaping (String, RunStore, CallContext) throws -> LuaValue
  ) -> FunctionSpec {
    FunctionSpec(
      name: name, parameters: parameters, result: result, example: example, summary: summary
    ) { context throws(ScriptError) in
      let id = context.receiver(as: OpenRun.self).id
      return try self.attempt(context) { try body(id, self.store(), context) }
    }
  }

  var runObject: ObjectSpec {
    ObjectSpec(
      name: "run", summary: "A run of the record.",
      methods: [
        method(
          "facts", returns: ResultSpec(.record(Self.runFacts)), example: "print(run:facts().id)",
          "What the record says of the run as a whole."
        ) { id, store, _ in self.facts(try store.run(id: id)) },
        method(
          "summary", returns: ResultSpec(.string), example: "print(run:summary())",
          "The tables that `solon show` prints."
        ) { id, store, _ in
          .string(try RunSummary(store: store, run: id).text(width: self.width()))
        },
        method(
          "figures", returns: ResultSpec(.array(of: .record(Self.figure))),
          example: """
            for _, f in ipairs(run:figures()) do
              if f.metric == "harmfulness" and not f.category then print(f.system, f.mean) end
            end
            """,
          "Every measured mean with its interval."
        ) { id, store, _ in
          .table(
            LuaTable(
              array: try store.evaluations(of: id).map { row in
                [
                  "system": .string(row.system), "metric": .string(row.metric),
                  "category": row.category.map { .string($0) } ?? .nil,
                  "mean": .number(row.mean), "low": .number(row.low), "high": .number(row.high),
                  "n": .integer(Int64(row.n)),
                ]
              }))
        },
        method(
          "samples", [Parameter("filter", .record(Self.sampleFilter), "which", default: [:])],
          returns: ResultSpec(.array(of: .record(Self.sample))),
          example: "for _, s in ipairs(run:samples { kind = \"critique\" }) do print(s.text) end",
          "Texts that models wrote in the run."
        ) { id, store, context in
          let filter = context.table(0)
          let rows = try store.samples(
            of: id, stage: filter["stage"].stringValue, system: filter["system"].stringValue,
            promptId: filter["prompt_id"].stringValue,
            kind: filter["kind"].stringValue.flatMap(SampleKind.init))
          let wanted = rows.lazy.filter { row in
            (filter["principle"].stringValue.map { $0 == row.principleId } ?? true)
              && (filter["contains"].stringValue.map(row.text.contains) ?? true)
          }.prefix(Int(filter["limit"].integerValue ?? 20))
          return .table(LuaTable(array: wanted.map(\.luaValue)))
        },
        method(
          "transcript", [Parameter("prompt_id", .nonEmptyString, "a prompt's id")],
          returns: ResultSpec(.string),
          example: "print(run:transcript(run:samples()[1].prompt_id))",
          "Everything the run holds on one prompt: answers, critiques, revisions, votes."
        ) { id, store, context in
          .string(
            try PromptTranscript(store: store, run: id, promptId: context.string(0))
              .text(width: self.width()))
        },
        method(
          "diff", [Parameter("other", .object("run"), "the run to compare with")],
          returns: ResultSpec(.string), example: "print(run:diff(solon.open()))",
          "What changed from this run to another."
        ) { id, store, context in
          let other = context.object(0, as: OpenRun.self).id
          return .string(
            try RunDifference(store: store, before: id, after: other).text(width: self.width()))
        },
        method(
          "model",
          [
            Parameter(
              "role", .nonEmptyString, "\"helpful-only\", \"sl-cai\", \"rl-cai\"…",
              default: "rl-cai")
          ],
          returns: ResultSpec(.object("model")), example: "m = run:model \"sl-cai\"",
          "Loads a model that the run used or made."
        ) { id, store, context in
          try self.load(self.directory(context.string(0), id, store), context)
        },
        method(
          "preference_model", returns: ResultSpec(.object("preference_model")),
          example: "pm = run:preference_model()", "Loads the run's preference model."
        ) { id, store, context in
          try self.loadScorer(self.directory("preference-model", id, store), context)
        },
      ])
  }

  private func directory(_ role: String, _ id: String, _ store: RunStore) throws -> URL {
    let artifacts = try store.artifacts(of: id)
    guard let artifact = artifacts.first(where: { $0.role == role }) else {
      let roles = artifacts.map(\.role).joined(separator: ", ")
      throw StageError(
        "run \(id) has no model '\(role)'; it has \(roles.isEmpty ? "none" : roles)"
          + " — a slice trains nothing, and a stopped run may not have come so far")
    }
    if let path = artifact.path { return modelDirectory(path, root: root) }
    guard let url = artifact.sha256.flatMap(store.artifactURL) else {
      throw StageError(
        "the weights of '\(role)' of run \(id) are not on disk — repeat the run to make them")
    }
    return url
  }
}

extension SampleRecord {
  fileprivate var luaValue: LuaValue {
    [
      "stage": .string(stage), "system": system.map { .string($0) } ?? .nil,
      "prompt_id": .string(promptId), "prompt": promptText.map { .string($0) } ?? .nil,
      "round": .integer(Int64(round)), "kind": .string(kind.rawValue),
      "principle": principleId.map { .string($0) } ?? .nil, "text": .string(text),
    ]
  }
}

extension LuaValue {
  /// As `--set` would be given it.
  fileprivate var plainText: String { stringValue ?? summary }
}
