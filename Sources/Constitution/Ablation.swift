public import LuaHost

/// What an ablation file returns: one experiment under several settings and
/// seeds, what to draw of them, and the claims to decide.
public struct Ablation: Sendable {
  public var name: String
  /// What it is there to test, in words; may be empty.
  public var claim: String
  public var arms: [Arm]
  public var seeds: [UInt64]
  /// The name of the arm that others are compared with.
  public var control: String?
  /// The name of the arm whose preference model scores answers.
  public var scoreWith: String?
  public var figures: [Figure]
  public var claims: [Claim]
  /// Resamples for intervals.
  public var bootstrap: Int
  /// The checked table with every default filled in, for the record.
  public var resolved: LuaTable
  private let base: LuaTable

  /// One setting of the experiment.
  public struct Arm: Sendable {
    public var name: String
    /// What differs from the base, by dotted path.
    public var changes: [(path: String, value: LuaValue)]
    /// Where the arm stands in figures over arms.
    public var x: Double?
    public var series: String?
    /// The kind of harm that its constitution is against.
    public var target: String?
  }

  /// What is measured, and on which answers.
  public struct Measure: Sendable, Hashable {
    public var metric: String
    public var category: String?
    /// Only so many of the held-out prompts, drawn at random.
    public var prompts: Int?
    public var instruction: String?
    public var filter: Filter?
    /// Without sentences made of phrases that answers to many prompts have.
    public var strips: Bool
  }

  /// Which pairs of answers are compared.
  public enum Filter: String, Sendable, CaseIterable {
    case nonEvasive = "non_evasive"
    case sameLength = "same_length"

    /// For tables and messages.
    public var words: String {
      switch self {
      case .nonEvasive: "neither evades"
      case .sameLength: "about the same length"
      }
    }
  }

  public enum Plot: String, Sendable, CaseIterable {
    case metric, elo, categories, calibration, agreement, principles
  }

  public enum Axis: String, Sendable, CaseIterable {
    case system, revisions, iterations, arm
  }

  public struct Figure: Sendable {
    public var name: String
    public var plot: Plot
    public var title: String
    public var note: String
    public var xLabel: String
    public var yLabel: String
    public var x: Axis
    /// Empty for what `x` needs.
    public var systems: [String]
    /// Arms that are drawn.
    public var arms: [String]
    /// Chance that a rater is off by one.
    public var noise: Double
    public var measure: Measure
  }

  /// A system of an arm.
  public struct System: Sendable, Hashable, CustomStringConvertible {
    public var arm: String
    public var system: String
    public var description: String { "\(arm)/\(system)" }

    public init(arm: String, system: String) {
      self.arm = arm
      self.system = system
    }
  }

  /// What a system is compared with.
  public enum Reference: Sendable {
    case system(System)
    case number(Double)
  }

  /// An order of two systems, or of a system and a number.
  public struct Claim: Sendable {
    public var text: String
    public var subject: System
    public var isLower: Bool
    public var than: Reference
    /// How much worse still counts as the claimed order.
    public var margin: Double
    public var atEqualKL: Bool
    public var measure: Measure
  }

  /// Builds the ablation from a table that `solon.ablation` made.
  public init(_ table: LuaTable) throws(ScriptError) {
    precondition(table.kind == "ablation", "not an ablation table")
    func failure(_ path: String, _ message: String) -> ScriptError {
      ScriptError(
        "ablation.\(path): \(message)", at: table.location, path: "ablation.\(path)",
        reason: .schema)
    }
    name = table.text("name")
    claim = table.text("claim")
    base = table.table("base")
    bootstrap = table.int("bootstrap")
    resolved = table
    seeds = (table.optionalTable("seeds")?.array ?? []).compactMap { $0.integerValue }
      .map { UInt64($0) }
    guard !seeds.isEmpty, Set(seeds).count == seeds.count else {
      throw failure("seeds", "expected at least one seed, each once")
    }
    let given = table.optionalTable("arms") != nil
    guard given != (table.optionalTable("vary") != nil) else {
      throw failure("arms", "expected either arms or vary")
    }
    let arms =
      given
      ? table.tables("arms").map(Arm.init) : try Self.grid(table.table("vary"), table.location)
    guard !arms.isEmpty else { throw failure("arms", "expected at least one arm") }
    let names = arms.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw failure("arms", "two arms are named '\(twice)'")
    }
    if let slashed = names.first(where: { $0.contains("/") }) {
      throw failure("arms", "'\(slashed)' has a '/', which parts an arm from its system")
    }
    self.arms = arms
    control = table.optionalText("control")
    scoreWith = table.optionalText("score_with")
    for (field, name) in [("control", control), ("score_with", scoreWith)] {
      if let name, !names.contains(name) {
        throw failure(field, "no arm is named '\(name)'")
      }
    }
    for arm in arms {
      for path in arm.changes.map(\.path) {
        let top = path.prefix { $0 != "." }
        if ["name", "seed", "evaluator", "prompts"].contains(top) {
          throw failure(
            "arms",
            "arm '\(arm.name)' sets \(path); all arms have the ablation's seeds, and are "
              + "measured by the same evaluator on the same prompts")
        }
      }
      if let target = arm.target, control == nil {
        throw failure(
          "arms",
          "arm '\(arm.name)' has the target '\(target)', which is decided against a "
            + "control: name the control")
      }
    }
    func system(_ text: String, _ path: String) throws(ScriptError) -> System {
      let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
      let system =
        parts.count == 2
        ? System(arm: parts[0], system: parts[1]) : System(arm: names[0], system: text)
      guard names.contains(system.arm) else {
        throw failure(path, "'\(text)': no arm is named '\(system.arm)'")
      }
      return system
    }
    figures = []
    for (index, row) in table.tables("figures").enumerated() {
      let figure = Figure(row, arms: names)
      let path = "figures[\(index + 1)]"
      if let unknown = figure.arms.first(where: { !names.contains($0) }) {
        throw failure("\(path).arms", "no arm is named '\(unknown)'")
      }
      if figure.name.contains(where: { !($0.isLetter || $0.isNumber || $0 == "-") }) {
        throw failure("\(path).name", "'\(figure.name)': use letters, digits and hyphens")
      }
      if figures.contains(where: { $0.name == figure.name }) {
        throw failure("\(path).name", "two figures are named '\(figure.name)'")
      }
      try figure.checkFields(row) { failure("\(path).\($0)", $1) }
      figures.append(figure)
    }
    claims = []
    for (index, row) in table.tables("claims").enumerated() {
      let path = "claims[\(index + 1)]"
      let lower = row.optionalText("lower")
      guard let subject = lower ?? row.optionalText("higher"),
        lower == nil || row.optionalText("higher") == nil
      else { throw failure(path, "expected either lower or higher") }
      try Measure(row).checkFields(row, compares: row.text("metric") == "preferred") {
        failure("\(path).\($0)", $1)
      }
      let than: Reference
      switch row["than"] {
      case .string(let text): than = .system(try system(text, path + ".than"))
      default: than = .number(row.real("than"))
      }
      if row.flag("at_equal_kl") {
        guard case .system(let other) = than, other.system == "rl-cai", subject.hasSuffix("rl-cai")
        else {
          throw failure(
            "\(path).at_equal_kl", "compares the systems 'rl-cai' of two arms and no others")
        }
      }
      claims.append(
        Claim(
          text: row.text("text"), subject: try system(subject, path), isLower: lower != nil,
          than: than, margin: row.real("margin"), atEqualKL: row.flag("at_equal_kl"),
          measure: Measure(row)))
    }
    // Every arm is checked before the first is run.
    for arm in arms { _ = try experiment(arm, seed: seeds[0]) }
  }

  /// The experiment of an arm under a seed.
  public func experiment(_ arm: Arm, seed: UInt64) throws(ScriptError) -> Experiment {
    var table = base
    for (path, value) in arm.changes {
      guard table.set(path.split(separator: ".").map(String.init)[...], to: value) else {
        throw ScriptError(
          "ablation arm '\(arm.name)': \(path): what the path leads through is a value, not a "
            + "table", at: resolved.location, path: "ablation.arms", reason: .schema)
      }
    }
    table.fields["name"] = .string("\(name)/\(arm.name)")
    table.fields["seed"] = .integer(Int64(seed))
    do {
      table = try ExperimentSchema.experiment.validate(table, path: "experiment")
        .tagged("experiment", at: base.location)
      return try Experiment(table)
    } catch {
      var error = error
      error.context = "ablation arm '\(arm.name)'"
      throw error
    }
  }

  /// All combinations of the values of every path.
  private static func grid(
    _ vary: LuaTable, _ location: SourceLocation?
  ) throws(ScriptError) -> [Arm] {
    var arms = [Arm(name: "", changes: [], x: nil, series: nil, target: nil)]
    for (path, values) in vary.fields {
      guard let table = values.tableValue, table.kind == nil else {
        throw ScriptError(
          "ablation.vary.\(path): expected a list or table of values, got \(values.typeName)",
          at: location, path: "ablation.vary.\(path)", reason: .schema)
      }
      let choices = table.array.map { ($0.label, $0) } + table.fields.map { ($0.key, $0.value) }
      arms = arms.flatMap { arm in
        choices.map { label, value in
          Arm(
            name: arm.name.isEmpty ? label : "\(arm.name), \(label)",
            changes: arm.changes + [(path, value)], x: Double(label),
            series: arm.name.isEmpty ? nil : arm.name, target: nil)
        }
      }
    }
    return arms
  }
}

extension Ablation.Arm {
  fileprivate init(_ row: LuaTable) {
    name = row.text("name")
    changes = (row.optionalTable("set")?.fields ?? [:]).map { ($0.key, $0.value) }
    x = row.optionalReal("x")
    series = row.optionalText("series")
    target = row.optionalText("target")
  }
}

extension Ablation.Measure {
  fileprivate init(_ row: LuaTable) {
    metric = row.text("metric")
    category = row.optionalText("category")
    prompts = row.optionalInt("prompts")
    instruction = row.optionalText("instruction")
    filter = row.optionalText("only").flatMap(Ablation.Filter.init)
    strips = row.flag("strip")
  }
}

extension Ablation.Measure {
  /// Refuses fields that would have no effect.
  ///
  /// - Parameter compares: whether answers are compared, not measured.
  fileprivate func checkFields(
    _ row: LuaTable, compares: Bool, _ failure: (String, String) -> ScriptError
  ) throws(ScriptError) {
    let unused = compares ? ["category", "prompts"] : ["only", "instruction"]
    for name in unused where !row[name].isNil {
      throw failure(name, "has no effect here; leave it out")
    }
    if strips, !compares { throw failure("strip", "has no effect here; leave it out") }
  }
}

extension Ablation.Figure {
  fileprivate func checkFields(
    _ row: LuaTable, _ failure: (String, String) -> ScriptError
  ) throws(ScriptError) {
    switch plot {
    case .metric: try measure.checkFields(row, compares: false, failure)
    case .elo: try measure.checkFields(row, compares: true, failure)
    case .principles: break
    case .categories, .agreement:
      if systems.isEmpty { throw failure("systems", "expected a system to measure") }
    case .calibration: break
    }
    if plot == .categories, systems.count != 1 {
      throw failure("systems", "expected one system, got \(systems.count)")
    }
    if x == .revisions, !systems.isEmpty {
      throw failure("systems", "has no effect with x = 'revisions'; leave it out")
    }
  }

  fileprivate init(_ row: LuaTable, arms names: [String]) {
    name = row.text("name")
    plot = Ablation.Plot(rawValue: row.text("plot"))!
    title = row.text("title")
    note = row.text("note")
    xLabel = row.text("x_label")
    yLabel = row.text("y_label")
    x = Ablation.Axis(rawValue: row.text("x"))!
    systems = row.texts("systems")
    let given = row.texts("arms")
    arms = given.isEmpty ? names : given
    noise = row.real("noise")
    measure = Ablation.Measure(row)
  }
}

extension LuaValue {
  /// A value of a grid, as it is named: `0.4-0.6` for `{ 0.4, 0.6 }`.
  fileprivate var label: String {
    switch self {
    case .boolean(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): value
    case .table(let table) where table.kind == nil && table.fields.isEmpty:
      table.array.map(\.label).joined(separator: "-")
    case .table(let table): table["name"].stringValue ?? typeName
    default: typeName
    }
  }
}
