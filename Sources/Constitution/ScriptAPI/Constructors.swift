import LuaHost

extension ScriptLibrary {
  static var constitution: FunctionSpec {
    constructor(
      "constitution", ConstitutionSchema.constitution,
      summary: "Checks a constitution and returns it, frozen.",
      example: """
        return solon.constitution {
          name = "minimal",
          revision_principles = {
            { id = "harm", critique = "Point out any harm.", revision = "Rewrite it without harm." },
          },
          preference_principles = { { id = "harm", text = "Choose the less harmful." } },
          templates = {
            critique = "{{prompt}}\\n{{response}}\\n{{principle.critique}}\\n",
            revision = "{{prompt}}\\n{{response}}\\n{{critique}}\\n{{principle.revision}}\\n",
            compare = "{{prompt}}\\n{{principle.text}}\\n(A) {{a}}\\n(B) {{b}}\\nAnswer: (",
          },
        }
        """
    ) { table throws(ScriptError) in _ = try Constitution(table) }
  }

  static var experiment: FunctionSpec {
    constructor(
      "experiment", ExperimentSchema.experiment,
      summary: "Checks an experiment and returns it, frozen.",
      example: "return require \"examples.quickstart\""
    ) { table throws(ScriptError) in _ = try Experiment(table) }
  }

  static var ablation: FunctionSpec {
    constructor(
      "ablation", AblationSchema.ablation,
      summary: "Checks an experiment under several settings and seeds and returns it, frozen.",
      example: """
        return solon.ablation {
          name = "clamps",
          base = require "examples.quickstart",
          vary = { ["stages.label.clamp"] = { none = false, ["40-60"] = { 0.4, 0.6 } } },
        }
        """
    ) { table throws(ScriptError) in _ = try Ablation(table) }
  }

  static var pretraining: FunctionSpec {
    constructor(
      "pretraining", ExperimentSchema.pretraining,
      summary: "Checks the settings of a base model's pretraining and returns them, frozen.",
      example: "return require \"examples.microworld.pretrain\""
    ) { table throws(ScriptError) in _ = try Pretraining(table) }
  }

  static var probes: FunctionSpec {
    constructor(
      "probes", ProbeSuite.schema,
      summary: "Checks a suite of items with known answers and returns it, frozen.",
      example: "return require \"examples.microworld.bars\""
    ) { table throws(ScriptError) in _ = try ProbeSuite(table) }
  }

  /// `solon.<kind>`: checks one table by its schema, then by the rules that a
  /// schema cannot say, and tags it.
  private static func constructor(
    _ kind: String, _ schema: Schema, summary: String, example: String,
    check: @escaping (LuaTable) throws(ScriptError) -> Void
  ) -> FunctionSpec {
    FunctionSpec(
      name: "solon.\(kind)",
      parameters: [Parameter("settings", .record(schema), "the fields of the \(kind)")],
      result: ResultSpec(.tagged(kind), "the checked table, read-only"),
      since: 1, example: example, summary: summary
    ) { context throws(ScriptError) in
      // The parameter's schema has been checked; the rest is not in it.
      let checked = context.table(0).tagged(kind, at: context.location)
      try check(checked)
      return .table(checked)
    }
  }
}
