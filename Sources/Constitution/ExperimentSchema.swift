import LuaHost

/// The fields of the table given to `solon.experiment`, with the default and
/// the range of every setting.
enum ExperimentSchema {
  private static let temperature = FieldType.number(0...5)
  private static let rate = FieldType.number(0...1)
  private static let count = FieldType.integer(1...10_000_000)

  static let prompts = Schema(
    name: "prompts",
    fields: [
      .init("harmful", .array(of: .any), .required, "red-team prompts for training"),
      .init("helpful", .array(of: .any), .required, "ordinary prompts for training"),
      .init("harmful_heldout", .array(of: .any), .required, "red-team prompts for evaluation only"),
      .init("helpful_heldout", .array(of: .any), .required, "ordinary prompts for evaluation only"),
    ])

  static let respond = Schema(
    name: "respond",
    fields: [
      .init("temperature", temperature, .default(.number(1)), "of first responses"),
      .init("max_tokens", count, .default(.integer(64)), "longest response"),
      .init(
        "helpful_samples", .integer(1...64), .default(.integer(1)),
        "responses to each ordinary prompt"),
    ])

  static let revise = Schema(
    name: "revise",
    fields: [
      .init("rounds", .integer(1...64), .default(.integer(4)), "critique and revision rounds"),
      .init(
        "critique", .boolean, .default(.boolean(true)),
        "false revises directly, with templates.direct_revision"),
      .init("temperature", temperature, .default(.number(1)), "of critiques and revisions"),
      .init("max_tokens", count, .default(.integer(96)), "longest critique or revision"),
    ])

  private static let optimizerFields: [Field] = [
    .init("learning_rate", .number(1e-9...1), .required, "peak"),
    .init(
      "schedule", .choice(["constant", "cosine"]), .default(.string("constant")), "of the rate"),
    .init("warmup", .integer(0...1_000_000), .default(.integer(0)), "steps to reach the peak"),
    .init("weight_decay", .number(0...10), .default(.number(0)), "on matrices only"),
    .init("clip", .number(1e-6...1e6), .default(.number(1)), "largest gradient norm"),
    .init("beta2", .number(0...0.99999), .default(.number(0.98)), "AdamW's second decay"),
  ]

  static let finetune = Schema(
    name: "finetune",
    fields: [
      .init(
        "epochs", .integer(1...1000), .default(.integer(1)),
        "passes over revisions and helpful responses"),
      .init("batch", count, .default(.integer(32)), "sequences a step"),
      .init(
        "rounds", .integer(0...64), .optional,
        "learn from the revisions of so many first rounds, all when absent; 0 trains nothing, and "
          + "the RL stage starts from the model itself"),
    ] + optimizerFields.withDefault(.number(5e-4), for: "learning_rate"))

  static let compare = Schema(
    name: "compare",
    fields: [
      .init("temperature", temperature, .default(.number(1)), "of the two responses"),
      .init("max_tokens", count, .default(.integer(64)), "longest response"),
      .init("chain_of_thought", .boolean, .default(.boolean(true)), "reason before choosing"),
      .init("reasoning_temperature", temperature, .default(.number(0)), "of the reasoning"),
      .init("reasoning_tokens", count, .default(.integer(128)), "longest reasoning"),
      .init(
        "principles", .integer(1...64), .default(.integer(1)), "principles asked for each pair"),
    ])

  static let label = Schema(
    name: "label",
    fields: [
      .init(
        "clamp", .anyOf([.boolean, .array(of: .number(0...1))]), .default(.boolean(false)),
        "false, or { low, high } handed to the label function as ctx.clamp"),
      .init(
        "source", .choice(StageSettings.Label.Source.allCases.map(\.rawValue)),
        .default(.string("principles")),
        "of harmlessness labels: votes, the evaluator in place of people, or controls: coin "
          + "flips, 1 - label, no pairs at all"),
      .init(
        "instruction", .nonEmptyString, .optional,
        "handed to the evaluator's compare, as people are told what to prefer"),
      .init(
        "noise", .number(0...1), .default(.number(0)),
        "share of harmlessness labels that are turned round"),
    ])

  static let preference = Schema(
    name: "preference",
    fields: [
      .init("epochs", .integer(1...1000), .default(.integer(2)), "passes over the pairs"),
      .init("batch", count, .default(.integer(16)), "pairs a step"),
      .init(
        "held_out", rate, .default(.number(0.1)), "share of pairs kept for accuracy and calibration"
      ),
    ] + optimizerFields.withDefault(.number(5e-4), for: "learning_rate"))

  static let ppo = Schema(
    name: "ppo",
    fields: [
      .init(
        "iterations", .integer(1...100_000), .default(.integer(30)), "rollout and update rounds"),
      .init("rollouts", .integer(2...10_000_000), .default(.integer(96)), "responses a round"),
      .init("harmful_share", rate, .default(.number(0.6)), "of rollouts on red-team prompts"),
      .init("max_tokens", count, .default(.integer(64)), "longest response"),
      .init(
        "temperature", .number(0.05...5), .default(.number(1)),
        "of the policy, in sampling and in log-probs"),
      .init("learning_rate", .number(1e-9...1), .default(.number(2e-4)), "of the policy"),
      .init(
        "value_learning_rate", .number(1e-9...1), .default(.number(5e-4)), "of the value network"),
      .init(
        "epochs", .integer(1...64), .default(.integer(2)), "passes over each round's responses"),
      .init("minibatch", count, .default(.integer(48)), "responses an update"),
      .init(
        "kl_coefficient", .number(0...100), .default(.number(0.3)),
        "of the per-token KL penalty, in reward units a nat"),
      .init(
        "kl_target", .number(1e-6...1e6), .optional,
        "nats a response; makes the coefficient adaptive"),
      .init("clip", .number(0.001...0.999), .default(.number(0.2)), "of the probability ratio"),
      .init("value_clip", .number(0.001...1000), .default(.number(0.2)), "of the value's change"),
      .init("gamma", rate, .default(.number(1)), "discount"),
      .init("lambda", rate, .default(.number(0.95)), "of generalised advantage estimation"),
      .init(
        "missing_end_penalty", .number(0...1000), .default(.number(1)),
        "taken from a response without an end"),
      .init(
        "kl_limit", .number(0...1e6), .default(.number(50)),
        "nats a response; training stops above it"),
      .init(
        "snapshots", .integer(0...100), .default(.integer(0)),
        "policies kept on the way, evenly spaced, and evaluated"),
    ])

  static let evaluate = Schema(
    name: "evaluate",
    fields: [
      .init("temperature", temperature, .default(.number(1)), "of evaluated responses"),
      .init("max_tokens", count, .default(.integer(64)), "longest response"),
      .init(
        "samples", .integer(1...64), .default(.integer(1)), "responses to each held-out prompt"),
      .init(
        "bootstrap", .integer(100...100_000), .default(.integer(2000)),
        "resamples for 95 % intervals"),
      .init(
        "greedy", .boolean, .default(.boolean(false)),
        "evaluate every system at temperature 0 too"),
    ])

  static let judge = Schema(
    name: "judge",
    fields: [
      .init(
        "items", .integer(0...1_000_000), .default(.integer(0)),
        "of each kind of the evaluator's judgements, put to the feedback model; 0 for none"),
      .init(
        "samples", .integer(0...64), .default(.integer(5)),
        "reasonings at temperature 1 whose choices are averaged, besides the greedy one; 0 for "
          + "none"),
    ])

  static let stages = Schema(
    name: "stages",
    fields: [
      .init("respond", .record(respond), .optional, "first responses"),
      .init("revise", .record(revise), .optional, "critiques and revisions"),
      .init("finetune", .record(finetune), .optional, "SL-CAI"),
      .init("compare", .record(compare), .optional, "votes on pairs"),
      .init("label", .record(label), .optional, "votes to labels"),
      .init("preference", .record(preference), .optional, "preference model"),
      .init("ppo", .record(ppo), .optional, "RL-CAI"),
      .init("evaluate", .record(evaluate), .optional, "held-out measurement"),
      .init("judge", .record(judge), .optional, "the feedback model on known answers"),
    ])

  static let experiment = Schema(
    name: "experiment",
    fields: [
      .init("name", .nonEmptyString, .required, "shown in records and reports"),
      .init("seed", .integer(0...Int64.max), .default(.integer(1)), "keys every draw"),
      .init("constitution", .tagged("constitution"), .required, "what solon.constitution returned"),
      .init(
        "model", .nonEmptyString, .required, "a Hugging Face directory, from the project's root"),
      .init(
        "precision", .choice(["float32", "bfloat16"]), .default(.string("float32")),
        "of matrix products in every stage; weights and sums stay float32"),
      .init("prompts", .record(prompts), .required, "training and held-out prompts"),
      .init(
        "evaluator", .map(of: .any), .required, "judges held-out responses and compares helpfulness"
      ),
      .init("stages", .record(stages), .optional, "settings by stage"),
      .init(
        "through", .choice(Experiment.LastStage.allCases.map(\.rawValue)), .default(.string("ppo")),
        "the last stage before the evaluation"),
      .init(
        "controls", .array(of: .choice(Control.allCases.map(\.rawValue))), .optional,
        "further systems trained or sampled beside RL-CAI"),
    ])

  static let tokenizer = Schema(
    name: "tokenizer",
    fields: [
      .init("vocabulary", .integer(257...1_000_000), .required, "entries, special tokens included"),
      .init("special_tokens", .array(of: .nonEmptyString), .required, "first entries, in order"),
      .init("documents", count, .default(.integer(20_000)), "read to learn the merges"),
    ])

  static let chat = Schema(
    name: "chat",
    fields: [
      .init("user", .nonEmptyString, .required, "before what the user says"),
      .init("assistant", .nonEmptyString, .required, "before an answer"),
      .init("end_of_turn", .nonEmptyString, .required, "after either"),
    ])

  static let model = Schema(
    name: "model",
    fields: [
      .init("hidden", count, .required, "C"),
      .init("intermediate", count, .required, "F"),
      .init("layers", .integer(1...1000), .required, "decoder layers"),
      .init("heads", .integer(1...1000), .required, "H; must divide hidden"),
      .init("key_value_heads", .integer(1...1000), .required, "G; must divide heads"),
      .init("context", count, .required, "most positions"),
    ])

  static let optimizer = Schema(
    name: "optimizer", fields: optimizerFields.withDefault(.number(2e-3), for: "learning_rate"))

  static let pretraining = Schema(
    name: "pretraining",
    fields: [
      .init("name", .nonEmptyString, .required, "shown in records"),
      .init("seed", .integer(0...Int64.max), .default(.integer(1)), "keys every draw"),
      .init("output", .nonEmptyString, .required, "the directory to write"),
      .init(
        "document", .function(CallbackSchemas.document), .required,
        "draws a document of the stream"),
      .init("tokenizer", .record(tokenizer), .required, "byte-level BPE to train"),
      .init("end_of_text", .nonEmptyString, .required, "a special token"),
      .init("padding", .nonEmptyString, .required, "a special token"),
      .init("chat", .record(chat), .required, "how a conversation is written"),
      .init("model", .record(model), .required, "size of the network"),
      .init("optimizer", .record(optimizer), .optional, "AdamW"),
      .init("tokens", .integer(1...1_000_000_000_000), .required, "to train on"),
      .init("batch_tokens", count, .default(.integer(2048)), "a step; whole documents"),
      .init(
        "precision", .choice(["float32", "bfloat16"]), .default(.string("bfloat16")), "of the file"),
    ])
}

/// A system trained or sampled beside the main ones, to tell what labels add.
public enum Control: String, CaseIterable, Sendable {
  /// RL on labels that are coin flips.
  case randomLabels = "random_labels"
  /// RL on 1 - label.
  case flippedLabels = "flipped_labels"
  /// SL-CAI sampled at the temperature that gives RL-CAI's entropy.
  case matchedEntropy = "matched_entropy"
  /// The starting model told the principles in its prompt, untrained.
  case prompted
}

extension [Field] {
  /// The same fields with a default in place of one field's.
  fileprivate func withDefault(_ value: LuaValue, for name: String) -> [Field] {
    map {
      $0.name == name ? .init($0.name, $0.type, .default(value), $0.doc) : $0
    }
  }
}
