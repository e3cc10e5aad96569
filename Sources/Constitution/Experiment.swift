public import LuaHost

/// What an experiment file returns: a constitution, a model, prompts, and how
/// each stage is run.
public struct Experiment: Sendable {
  public var name: String
  public var seed: UInt64
  public var constitution: Constitution
  /// A Hugging Face directory, relative to the project's root.
  public var model: String
  /// Whether matrix products round to bfloat16 (or else are float32).
  public var computesInBfloat16: Bool
  public var prompts: PromptSets
  public var evaluator: Evaluator
  public var stages: StageSettings
  public var through: LastStage
  public var controls: [Control]
  /// The checked table with every default filled in, for the record.
  public var resolved: LuaTable

  public struct PromptSets: Sendable {
    public var harmful: [Prompt]
    public var helpful: [Prompt]
    public var harmfulHeldOut: [Prompt]
    public var helpfulHeldOut: [Prompt]
  }

  /// The functions that stand in for people: they judge held-out responses,
  /// and give the helpfulness comparisons that the preference model mixes in.
  public struct Evaluator: Sendable {
    public var judge: LuaFunction
    public var compare: LuaFunction
    public var helpCompare: LuaFunction
    /// Draw comparisons with known answers, by kind; put to the feedback model.
    public var judgements: [(kind: String, draw: LuaFunction)]
  }

  /// How far a run goes before it evaluates what there is.
  public enum LastStage: String, Sendable, CaseIterable, Comparable {
    /// Only the feedback model, on comparisons with known answers.
    case judge
    /// Nothing is trained.
    case revise
    /// SL-CAI.
    case finetune
    /// RL-CAI.
    case ppo

    public static func < (a: LastStage, b: LastStage) -> Bool {
      allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
  }

  /// Builds the experiment from a table that `solon.experiment` made.
  /// `overrides` are `path=value` pairs, applied before the table is checked
  /// again; a path that does not exist is an error.
  public init(_ table: LuaTable, overrides: [Override] = []) throws(ScriptError) {
    precondition(table.kind == "experiment", "not an experiment table")
    let table = try overrides.applied(to: table, schema: ExperimentSchema.experiment)
    name = table.text("name")
    seed = UInt64(table.int("seed"))
    constitution = try Constitution(table.table("constitution"))
    model = table.text("model")
    computesInBfloat16 = table.text("precision") == "bfloat16"
    let sets = table.table("prompts")
    prompts = PromptSets(
      harmful: try Self.prompts(sets, "harmful", table),
      helpful: try Self.prompts(sets, "helpful", table),
      harmfulHeldOut: try Self.prompts(sets, "harmful_heldout", table),
      helpfulHeldOut: try Self.prompts(sets, "helpful_heldout", table))
    try prompts.checkApart(location: table.location)
    let functions = table.table("evaluator")
    func function(_ name: String, _ signature: String) throws(ScriptError) -> LuaFunction {
      guard let function = functions.optionalFunction(name) else {
        throw ScriptError(
          "experiment.evaluator.\(name): expected a function\(signature), "
            + "got \(functions[name].typeName)", at: table.location,
          path: "experiment.evaluator.\(name)", reason: .schema)
      }
      return function
    }
    var judgements: [(kind: String, draw: LuaFunction)] = []
    for (kind, draw) in functions.optionalTable("judgements")?.fields ?? [:] {
      guard let draw = draw.functionValue else {
        throw ScriptError(
          "experiment.evaluator.judgements.\(kind): expected a function(rng, kind), "
            + "got \(draw.typeName)", at: table.location,
          path: "experiment.evaluator.judgements.\(kind)", reason: .schema)
      }
      judgements.append((kind, draw))
    }
    evaluator = Evaluator(
      judge: try function("judge", "(prompt, text)"),
      compare: try function("compare", "(prompt, a, b)"),
      helpCompare: try function("help_compare", "(prompt, a, b)"), judgements: judgements)
    stages = try StageSettings(table.optionalTable("stages") ?? LuaTable(location: table.location))
    through = LastStage(rawValue: table.text("through"))!
    controls = table.texts("controls").compactMap(Control.init)
    resolved = table
    try checkAgreement(table)
  }

  /// What one field needs of another.
  private func checkAgreement(_ table: LuaTable) throws(ScriptError) {
    if controls.contains(.prompted), constitution.templates[.prompted] == nil {
      throw ScriptError(
        "experiment.controls: 'prompted' needs templates.prompted, which the constitution "
          + "'\(constitution.name)' does not have", at: table.location,
        path: "experiment.controls", reason: .schema)
    }
    if through < .ppo, controls.contains(where: { $0 != .prompted }) {
      throw ScriptError(
        "experiment.controls: only 'prompted' can be run with through = '\(through.rawValue)', "
          + "which stops before RL", at: table.location, path: "experiment.controls",
        reason: .schema)
    }
    if through == .judge || stages.judge.items > 0 {
      guard !evaluator.judgements.isEmpty, stages.judge.items > 0 else {
        throw ScriptError(
          "experiment.stages.judge: to measure the feedback model, set items and give "
            + "evaluator.judgements", at: table.location, path: "experiment.stages.judge",
          reason: .schema)
      }
    }
    if stages.compare.chainOfThought, constitution.templates[.compareReason] == nil {
      throw ScriptError(
        "experiment.stages.compare.chain_of_thought: the constitution "
          + "'\(constitution.name)' has no templates.compare_cot; add it or set false",
        at: table.location,
        path: "experiment.stages.compare.chain_of_thought", reason: .schema)
    }
    if !stages.revise.critiques, constitution.templates[.directRevision] == nil {
      throw ScriptError(
        "experiment.stages.revise.critique = false: the constitution "
          + "'\(constitution.name)' has no templates.direct_revision", at: table.location,
        path: "experiment.stages.revise.critique", reason: .schema)
    }
  }

  private static func prompts(
    _ sets: LuaTable, _ name: String, _ table: LuaTable
  ) throws(ScriptError) -> [Prompt] {
    var prompts: [Prompt] = []
    for (index, row) in (sets.optionalTable(name)?.array ?? []).enumerated() {
      prompts.append(
        try Prompt(row, path: "experiment.prompts.\(name)[\(index + 1)]", table.location))
    }
    guard !prompts.isEmpty else {
      throw ScriptError(
        "experiment.prompts.\(name): expected at least one prompt, got none", at: table.location,
        path: "experiment.prompts.\(name)", reason: .schema)
    }
    return prompts
  }
}

/// One prompt row: an id, a text, and whatever its evaluator reads besides.
public struct Prompt: Sendable {
  /// Unique over all prompts of an experiment.
  public var id: String
  public var text: String
  /// The kind of harm, when the row has a `category`.
  public var category: String?
  /// The whole row, as the evaluator gets it.
  public var row: LuaTable

  /// A prompt that is nothing but its text.
  public init(id: String, text: String) throws(ScriptError) {
    try self.init(["id": .string(id), "text": .string(text)], path: "prompt", nil)
  }

  init(_ value: LuaValue, path: String, _ location: SourceLocation?) throws(ScriptError) {
    guard let row = value.tableValue else {
      throw ScriptError(
        "\(path): expected a table with id and text, got \(value.typeName)", at: location,
        path: path, reason: .schema)
    }
    func field(_ name: String) throws(ScriptError) -> String {
      guard let text = row[name].stringValue, !text.isEmpty else {
        let found = row[name].isNil ? "nothing" : row[name].summary
        throw ScriptError(
          "\(path).\(name): expected a non-empty string, got \(found)", at: location,
          path: "\(path).\(name)", reason: .schema)
      }
      return text
    }
    id = try field("id")
    text = try field("text")
    category = row["category"].stringValue
    self.row = row
  }
}

extension Experiment.PromptSets {
  /// Ids are unique over all four sets, and no held-out text is trained on.
  func checkApart(location: SourceLocation?) throws(ScriptError) {
    var setOfID: [String: String] = [:]
    var setOfText: [String: String] = [:]
    for (name, prompts) in [
      ("harmful", harmful), ("helpful", helpful),
      ("harmful_heldout", harmfulHeldOut), ("helpful_heldout", helpfulHeldOut),
    ] {
      for (index, prompt) in prompts.enumerated() {
        let path = "experiment.prompts.\(name)[\(index + 1)]"
        if let other = setOfID.updateValue(name, forKey: prompt.id) {
          throw ScriptError(
            "\(path).id: '\(prompt.id)' already names a prompt of '\(other)'; ids must differ",
            at: location,
            path: path, reason: .schema)
        }
        if name.hasSuffix("heldout"), let other = setOfText[prompt.text],
          !other.hasSuffix("heldout")
        {
          throw ScriptError(
            "\(path).text: this held-out prompt is also in '\(other)', which is trained on",
            at: location,
            path: path, reason: .schema)
        }
        setOfText[prompt.text] = name
      }
    }
  }
}

extension Experiment.PromptSets {
  /// Keeps `count` prompts of each set, evenly spaced, so that each kind stays
  /// represented; for trying out.
  public mutating func limit(to count: Int) {
    func spread(_ prompts: [Prompt]) -> [Prompt] {
      guard prompts.count > count else { return prompts }
      return (0..<count).map { prompts[$0 * prompts.count / count] }
    }
    harmful = spread(harmful)
    helpful = spread(helpful)
    harmfulHeldOut = spread(harmfulHeldOut)
    helpfulHeldOut = spread(helpfulHeldOut)
  }
}
