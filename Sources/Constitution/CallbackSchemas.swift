import LuaHost

/// What the host hands to the functions of a constitution, and what it expects
/// back. `ScriptHooks` makes these tables; a test holds the two together.
enum CallbackSchemas {
  private static let probability = FieldType.number(0...1)

  static let prompt = Schema(
    name: "prompt",
    fields: [
      .init("id", .nonEmptyString, .required, "unique in the experiment"),
      .init("text", .nonEmptyString, .required, "what the user says"),
      .init("category", .string, .optional, "the kind of harm it asks for"),
    ])

  private static let anyPrinciple = FieldType.anyOf([
    .record(ConstitutionSchema.revisionPrinciple), .record(ConstitutionSchema.preferencePrinciple),
  ])

  static let drawContext = Schema(
    name: "draw context",
    fields: [
      .init(
        "principles", .array(of: anyPrinciple), .required, "revision or preference principles"),
      .init("stage", .choice(["revise", "compare"]), .required, "which stage asks"),
      .init("round", .integer(0...1_000_000), .required, "revision round from 1, or draw from 0"),
      .init("prompt", .record(prompt), .required, "the prompt, with all fields of its row"),
      .init(
        "rng", .object("rng"), .required, "random numbers keyed by seed, stage, item and round"),
    ])

  static let revisionSample = Schema(
    name: "revision sample",
    fields: [
      .init("prompt", .record(prompt), .required, "the prompt, with all fields of its row"),
      .init("round", .integer(1...1_000_000), .required, "of critique and revision"),
      .init(
        "principle", .record(ConstitutionSchema.revisionPrinciple), .required, "that was drawn"),
      .init("response", .string, .required, "what was criticised"),
      .init("critique", .string, .required, "empty when revising directly"),
      .init("revision", .string, .required, "the rewritten response"),
    ])

  static let vote = Schema(
    name: "vote",
    fields: [
      .init(
        "principle", .record(ConstitutionSchema.preferencePrinciple), .required, "that was asked"),
      .init(
        "order", .choice(["AB", "BA"]), .required, "which of the pair was shown first"),
      .init("p", probability, .required, "P(A is better), whichever was shown first"),
      .init(
        "log_first", .number, .required, "log-probability of choosing the first option shown",
        unit: "nats"),
      .init(
        "log_second", .number, .required, "log-probability of choosing the second option shown",
        unit: "nats"),
      .init("reasoning", .string, .optional, "the chain of thought, when asked for"),
      .init("parsed", .boolean, .required, "false when the reasoning did not end"),
    ])

  static let labelContext = Schema(
    name: "label context",
    fields: [
      .init("prompt", .record(prompt), .required, "the prompt, with all fields of its row"),
      .init("a", .string, .required, "the first response of the pair"),
      .init("b", .string, .required, "the second"),
      .init(
        "clamp", .anyOf([.boolean, .array(of: probability)]), .required,
        "stages.label.clamp: false, or { low, high }"),
      .init("chain_of_thought", .boolean, .required, "whether the judge reasoned first"),
    ])

  static let rewardSample = Schema(
    name: "reward sample",
    fields: [
      .init("score", .number, .required, "of the preference model", unit: "logit"),
      .init("kl", .number, .required, "from the reference, of the whole response", unit: "nats"),
      .init("length", .integer(0...10_000_000), .required, "the end included", unit: "tokens"),
      .init("ended", .boolean, .required, "whether the response ended its turn"),
      .init("text", .string, .required, "the response"),
      .init("prompt_id", .string, .required, "the prompt's id"),
      .init("iteration", .integer(0...10_000_000), .required, "of PPO"),
    ])

  static let slots = Schema(
    name: "template slots",
    fields: [
      .init("prompt", .string, .required, "what the user said"),
      .init("response", .string, .optional, "for critique and revision"),
      .init("critique", .string, .optional, "for revision"),
      .init("a", .string, .optional, "for comparisons: the option shown first"),
      .init("b", .string, .optional, "for comparisons: the option shown second"),
      .init("reasoning", .string, .optional, "for compare_cot_answer"),
      .init("principle.critique", .string, .optional, "for critique and revision"),
      .init("principle.revision", .string, .optional, "for revision"),
      .init("principle.text", .string, .optional, "for comparisons"),
    ])

  // MARK: The functions

  static let template = Callback(
    [Parameter("slots", .record(slots), "the values by placeholder")],
    returns: ResultSpec(.string, "the text to fill"))

  static let draw = Callback(
    [Parameter("ctx", .record(drawContext))],
    returns: ResultSpec("table", "one of ctx.principles"))

  static let keep = Callback(
    [Parameter("sample", .record(revisionSample))],
    returns: ResultSpec(.boolean, "whether the revision enters fine-tuning"))

  static let label = Callback(
    [
      Parameter("votes", .array(of: .record(vote))),
      Parameter("ctx", .record(labelContext)),
    ],
    returns: ResultSpec("number?", "P(A is better), in [0, 1]; nil drops the pair"))

  static let reward = Callback(
    [Parameter("sample", .record(rewardSample))],
    returns: ResultSpec(.number, "the reward before the KL penalty", unit: "reward units"))

  static let judge = Callback(
    [Parameter("prompt", .record(prompt)), Parameter("text", .string)],
    returns: ResultSpec(
      "table<string, number>",
      "metrics; `by_category` may hold a table of harm by category"))

  static let compare = Callback(
    [
      Parameter("prompt", .record(prompt)), Parameter("a", .string), Parameter("b", .string),
    ],
    returns: ResultSpec(.choice(["a", "b", "tie"]), "the better of the two"))

  static let document = Callback(
    [
      Parameter("rng", .object("rng")), Parameter("index", .integer),
      Parameter("progress", .number, range: 0...1),
    ],
    returns: ResultSpec(.string, "one document, special tokens spelled out"))

  static let critiqueItem = Callback(
    [Parameter("rng", .object("rng"))],
    returns: ResultSpec("table", "prompt, response, request and the expected critique"))

  static let judgementItem = Callback(
    [Parameter("rng", .object("rng"))],
    returns: ResultSpec("table", "prompt, a, b, text and the expected choice, \"A\" or \"B\""))
}
