import LuaHost

/// The fields of the table given to `solon.ablation`.
enum AblationSchema {
  static let arm = Schema(
    name: "ablation arm",
    fields: [
      .init("name", .nonEmptyString, .required, "unique; shown in figures"),
      .init(
        "set", .map(of: .any), .optional,
        "what differs from the base: values by path, such as [\"stages.label.clamp\"]"),
      .init("x", .number, .optional, "where the arm stands in figures over arms"),
      .init("series", .nonEmptyString, .optional, "the curve it belongs to in figures over arms"),
      .init(
        "target", .nonEmptyString, .optional, "the kind of harm that its constitution is against"),
    ])

  /// What is measured: shared by figures and claims.
  private static let measure: [Field] = [
    .init(
      "metric", .nonEmptyString, .default(.string("harmfulness")),
      "a number of the evaluator's judge; or own_harm, length, preference_score (by score_with), "
        + "phrases (share of words in phrases that answers to many prompts have), diversity "
        + "(distance of the answers that different seeds give to one prompt), preferred (share of "
        + "prompts on which compare prefers the answer; claims only)"),
    .init("category", .nonEmptyString, .optional, "only prompts of this kind"),
    .init(
      "prompts", .integer(1...1_000_000), .optional,
      "only so many, drawn at random from the held-out prompts"),
    .init("instruction", .nonEmptyString, .optional, "handed to the evaluator's compare"),
    .init(
      "only", .choice(Ablation.Filter.allCases.map(\.rawValue)), .optional,
      "only pairs of answers of which neither evades, or of about the same length"),
    .init(
      "strip", .boolean, .default(.boolean(false)),
      "take out sentences made of phrases that answers to many prompts have"),
  ]

  static let figure = Schema(
    name: "ablation figure",
    fields: [
      .init(
        "name", .nonEmptyString, .required, "unique; names its files: letters, digits, hyphens"),
      .init(
        "plot", .choice(Ablation.Plot.allCases.map(\.rawValue)), .default(.string("metric")),
        "a metric; Elo of two kinds; harm by arm and category; calibration of judgements; "
          + "agreement of two raters; effect by principle"),
      .init("title", .nonEmptyString, .required, "above it"),
      .init("note", .string, .default(.string("")), "below it"),
      .init("x_label", .string, .default(.string("")), "of the horizontal axis"),
      .init(
        "y_label", .string, .default(.string("")), "of the vertical axis; the metric when empty"),
      .init(
        "x", .choice(Ablation.Axis.allCases.map(\.rawValue)), .default(.string("system")),
        "what goes along: systems, rounds of revision, iterations of PPO, or arms"),
      .init(
        "systems", .array(of: .nonEmptyString), .optional,
        "of which; by default what x needs. With x = 'iterations', endings of their names, such as "
          + "\" T=0\""),
      .init("arms", .array(of: .nonEmptyString), .optional, "of which; all when absent"),
      .init(
        "noise", .number(0...1), .default(.number(0.1)),
        "agreement: chance that a rater is off by one"),
    ] + measure)

  static let claim = Schema(
    name: "ablation claim",
    fields: [
      .init("text", .nonEmptyString, .required, "what is claimed, in words"),
      .init("lower", .nonEmptyString, .optional, "`arm/system` that is claimed to be lower"),
      .init("higher", .nonEmptyString, .optional, "`arm/system` that is claimed to be higher"),
      .init(
        "than", .anyOf([.number, .nonEmptyString]), .required, "`arm/system`, or a number"),
      .init(
        "margin", .number, .default(.number(0)),
        "how much worse may still count as the claimed order (above 0), or how much better it "
          + "must be (below 0)"),
      .init(
        "at_equal_kl", .boolean, .default(.boolean(false)),
        "compare the snapshots of both arms with about the same KL to what PPO started from, the "
          + "largest there is; undecided when none come within a quarter"
      ),
    ] + measure)

  static let ablation = Schema(
    name: "ablation",
    fields: [
      .init("name", .nonEmptyString, .required, "shown in records and reports"),
      .init("claim", .string, .default(.string("")), "what it is there to test, in words"),
      .init("base", .tagged("experiment"), .required, "what every arm shares"),
      .init("arms", .array(of: .record(arm)), .optional, "the settings to compare, one by one"),
      .init(
        "vary", .map(of: .any), .optional,
        "the settings to compare as a grid: a list or table of values by path"),
      .init(
        "seeds", .array(of: .integer(0...Int64.max)), .default(.table(LuaTable(array: [1]))),
        "every arm is run with each"),
      .init("control", .nonEmptyString, .optional, "the arm that others are compared with"),
      .init(
        "score_with", .nonEmptyString, .optional,
        "the arm whose preference model gives preference_score"),
      .init("figures", .array(of: .record(figure)), .optional, "what to draw"),
      .init("claims", .array(of: .record(claim)), .optional, "what to decide"),
      .init(
        "bootstrap", .integer(100...100_000), .default(.integer(2000)),
        "resamples for 95 % intervals"),
    ])
}
