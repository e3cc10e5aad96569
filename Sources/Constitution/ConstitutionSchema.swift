import LuaHost

/// The fields of the table given to `solon.constitution`.
enum ConstitutionSchema {
  static let revisionPrinciple = Schema(
    name: "revision principle",
    fields: [
      .init("id", .nonEmptyString, .required, "unique name, recorded with every revision"),
      .init("tags", .array(of: .string), .optional, "labels, such as the kind of harm"),
      .init(
        "weight", .number(1e-6...1e6), .default(.number(1)), "relative chance for rng:weighted"),
      .init("critique", .nonEmptyString, .required, "asks for a critique of the response"),
      .init("revision", .nonEmptyString, .required, "asks for a rewrite of the response"),
    ])

  static let preferencePrinciple = Schema(
    name: "preference principle",
    fields: [
      .init("id", .nonEmptyString, .required, "unique name, recorded with every vote"),
      .init("tags", .array(of: .string), .optional, "labels, such as the kind of harm"),
      .init(
        "weight", .number(1e-6...1e6), .default(.number(1)), "relative chance for rng:weighted"),
      .init("text", .nonEmptyString, .required, "says which of two responses to choose"),
    ])

  static let exemplars = Schema(
    name: "exemplars",
    fields: ["critique", "revision", "direct_revision", "compare", "compare_cot", "prompted"].map {
      .init(
        $0, .array(of: .nonEmptyString), .optional, "texts that stand before the \($0) template")
    })

  static let templates = Schema(
    name: "templates",
    fields: TemplateName.allCases.map { name in
      .init(
        name.rawValue, .anyOf([.nonEmptyString, .function(CallbackSchemas.template)]),
        name.isRequired ? .required : .optional,
        "uses \(name.slots.map { "{{\($0)}}" }.joined(separator: " "))")
    })

  static let constitution = Schema(
    name: "constitution",
    fields: [
      .init("name", .nonEmptyString, .required, "shown in records and reports"),
      .init(
        "version", .integer(1...1_000_000), .default(.integer(1)),
        "raise it when the meaning changes"),
      .init(
        "revision_principles", .array(of: .record(revisionPrinciple)), .required, "supervised stage"
      ),
      .init(
        "preference_principles", .array(of: .record(preferencePrinciple)), .required,
        "reinforcement-learning stage"),
      .init("exemplars", .record(exemplars), .optional, "few-shot texts"),
      .init("templates", .record(templates), .required, "how questions are put to the model"),
      .init(
        "stop", .array(of: .nonEmptyString), .optional,
        "texts that end an answer to a template, besides the end of a turn; not part of it"),
      .init(
        "draw", .function(CallbackSchemas.draw), .optional,
        "chooses the principle for an item; uniform when absent"),
      .init(
        "keep", .function(CallbackSchemas.keep), .optional,
        "whether a revision enters fine-tuning; all do when absent"),
      .init(
        "label", .function(CallbackSchemas.label), .optional,
        "votes to P(A is better); their clamped mean when absent"),
      .init(
        "reward", .function(CallbackSchemas.reward), .optional,
        "shapes the preference model's score; the score when absent"),
    ])
}

/// The templates of a constitution and the slots each may use.
public enum TemplateName: String, CaseIterable, Sendable {
  case critique
  case revision
  case directRevision = "direct_revision"
  case compare
  case compareReason = "compare_cot"
  case compareAnswer = "compare_cot_answer"
  case prompted

  /// What may stand between `{{` and `}}`.
  public var slots: [String] {
    switch self {
    case .critique: ["prompt", "response", "principle.critique"]
    case .revision:
      ["prompt", "response", "principle.critique", "critique", "principle.revision"]
    case .directRevision: ["prompt", "response", "principle.revision"]
    case .compare, .compareReason: ["prompt", "a", "b", "principle.text"]
    case .compareAnswer: ["prompt", "a", "b", "principle.text", "reasoning"]
    case .prompted: ["prompt", "principles"]
    }
  }

  /// Without which a question does not ask what it is for.
  public var essentialSlots: [String] {
    switch self {
    case .critique: ["response", "principle.critique"]
    case .revision, .directRevision: ["response", "principle.revision"]
    case .compare, .compareReason, .compareAnswer: ["a", "b", "principle.text"]
    case .prompted: ["prompt"]
    }
  }

  var isRequired: Bool {
    switch self {
    case .critique, .revision, .compare: true
    case .directRevision, .compareReason, .compareAnswer, .prompted: false
    }
  }
}
