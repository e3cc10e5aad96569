internal import Foundation
public import RunStore

/// A run as one JSON object, for other programs.
///
/// Keys: `run`, `stages`, `evaluation` (system → metric → mean, low, high, n,
/// and `METRIC_by_category`), `weights` (role → SHA-256), `preference`, `lua`.
/// What is not known is `null`.
public struct RunJSON {
  private let view: RunView
  private let database: URL

  /// Reads everything the object holds.
  ///
  /// - Parameter run: the run's whole `id`.
  public init(store: RunStore, run id: String) throws(StoreError) {
    view = try RunView(store, try store.run(id: id))
    database = store.databaseURL
  }

  /// The object as text, without a last line feed.
  public func text() -> String {
    JSONValue.object([
      ("run", RunJSON.run(view, database: database.path)),
      ("stages", .array(view.stages.map(RunJSON.stage))),
      ("evaluation", RunJSON.evaluation(view)),
      ("weights", .object(view.artifacts.map { ($0.role, .string($0.weightsHash)) })),
      ("preference", RunJSON.preference(view)),
      (
        "lua",
        .object([("seconds", .number(view.luaSeconds)), ("share", .number(view.luaShare))])
      ),
    ]).text()
  }

  private static func run(_ view: RunView, database: String) -> JSONValue {
    let run = view.run
    let machine = run.machine
    return .object([
      ("id", .string(run.id)),
      ("name", .string(run.name)),
      ("status", .string(run.status.rawValue)),
      ("reason", .optional(run.outcome.reason)),
      ("seed", .integer(run.seed)),
      ("limit", .optional(run.limit)),
      ("started", .string(timestamp(run.startedAt))),
      ("finished", run.finishedAt.map { .string(timestamp($0)) } ?? .null),
      ("seconds", .number(view.seconds)),
      ("command", .string(run.command)),
      ("overrides", .array(run.overrides.map(JSONValue.string))),
      ("ablation", .optional(run.ablation)),
      ("variant", .optional(run.variant)),
      (
        "constitution",
        .object([
          ("name", .string(run.constitutionName)),
          ("version", .integer(Int64(run.constitutionVersion))),
          ("hash", .string(run.constitutionHash)),
        ])
      ),
      (
        "machine",
        .object([
          ("cpu", .string(machine.cpu)),
          ("cores", .integer(Int64(machine.cores))),
          ("lanes", .integer(Int64(machine.lanes))),
          ("blas_core", .string(machine.blasCore)),
          ("blas_version", .string(machine.blasVersion)),
          ("vectors", .optional(machine.vectors)),
          ("lua_version", .string(machine.luaVersion)),
          ("tool_version", .string(machine.toolVersion)),
          ("operating_system", .string(machine.operatingSystem)),
        ])
      ),
      ("git_commit", .optional(run.gitCommit)),
      ("database", .string(database)),
      ("experiment", .parsed(run.experiment)),
    ])
  }

  private static func timestamp(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  private static func stage(_ stage: StageRecord) -> JSONValue {
    .object([
      ("name", .string(stage.name)),
      ("status", .string(stage.status.rawValue)),
      ("fingerprint", .string(stage.fingerprint)),
      ("items", .integer(Int64(stage.items))),
      ("reused", .integer(Int64(stage.reused))),
      ("computed", .integer(Int64(stage.computed))),
      ("model_calls_reused", .integer(Int64(stage.modelCallsReused))),
      ("model_calls_computed", .integer(Int64(stage.modelCallsComputed))),
      ("seconds", .number(stage.seconds)),
      ("lua_seconds", .number(stage.luaSeconds)),
      ("detail", .parsed(stage.detail)),
    ])
  }

  private static func evaluation(_ view: RunView) -> JSONValue {
    .object(
      view.systems.map { system in
        var members: [(String, JSONValue)] = []
        for metric in view.metrics {
          if let value = view.measure(system, metric) { members.append((metric, measure(value))) }
          let categories = view.categories(metric, system: system)
          if !categories.isEmpty {
            let values = categories.compactMap { category in
              view.measure(system, metric, category: category).map { (category, measure($0)) }
            }
            members.append(("\(metric)_by_category", .object(values)))
          }
        }
        return (system, .object(members))
      })
  }

  private static func measure(_ value: RunView.Measure) -> JSONValue {
    .object([
      ("mean", .number(value.mean)),
      ("low", .number(value.low)),
      ("high", .number(value.high)),
      ("n", .integer(Int64(value.n))),
    ])
  }

  private static func preference(_ view: RunView) -> JSONValue {
    guard let preference = view.run.outcome.preference else { return .null }
    let bins = preference.calibration.map { bin in
      JSONValue.object([
        ("predicted", .number(bin.predicted)), ("observed", .number(bin.observed)),
        ("n", .integer(Int64(bin.n))),
      ])
    }
    return .object([
      ("accuracy", .optional(preference.accuracy)),
      ("agreement", .optional(preference.agreement)),
      ("agreement_on_harm", .optional(preference.agreementOnHarm)),
      ("calibration_error", .optional(preference.calibrationError)),
      ("calibration", .array(bins)),
      ("training_pairs", .optional(preference.trainingPairs)),
      ("held_out_pairs", .optional(preference.heldOutPairs)),
      ("dropped_pairs", .optional(preference.droppedPairs)),
    ])
  }
}
