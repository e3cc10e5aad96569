public import LuaHost

/// The settings of every stage, as checked numbers. Defaults and ranges stand
/// in `ExperimentSchema`.
public struct StageSettings: Sendable {
  public var respond: Respond
  public var revise: Revise
  public var finetune: FineTune
  public var compare: Compare
  public var label: Label
  public var preference: Preference
  public var ppo: PPO
  public var evaluate: Evaluate
  public var judge: Judge

  public struct Respond: Sendable {
    public var temperature: Double
    public var maximumTokens: Int
    public var helpfulSamples: Int
  }

  public struct Revise: Sendable {
    public var rounds: Int
    public var critiques: Bool
    public var temperature: Double
    public var maximumTokens: Int
  }

  public struct Optimizer: Sendable, Hashable {
    public var learningRate: Double
    public var cosine: Bool
    public var warmupSteps: Int
    public var weightDecay: Double
    public var clip: Double
    public var beta2: Double
  }

  public struct FineTune: Sendable {
    public var epochs: Int
    public var batch: Int
    /// Revisions of the first so many rounds; nil for all.
    public var rounds: Int?
    public var optimizer: Optimizer
  }

  public struct Compare: Sendable {
    public var temperature: Double
    public var maximumTokens: Int
    public var chainOfThought: Bool
    public var reasoningTemperature: Double
    public var reasoningTokens: Int
    public var principles: Int
  }

  public struct Label: Sendable {
    /// Where the harmlessness labels come from.
    public enum Source: String, Sendable, CaseIterable {
      /// The feedback model's votes.
      case principles
      /// The evaluator, which stands in for people.
      case evaluator
      /// Votes or their opposite by a coin.
      case random
      /// The opposite of the votes.
      case flipped
      /// No harmlessness pairs.
      case none

      /// Whether the feedback model has to be asked.
      public var needsVotes: Bool { self != .evaluator && self != .none }
    }
    /// Lowest and highest label, or nil for none.
    public var clamp: ClosedRange<Double>?
    public var source: Source
    /// What the evaluator is told to prefer.
    public var instruction: String?
    /// Share of labels that are turned round, in [0, 1].
    public var noise: Double
  }

  public struct Preference: Sendable {
    public var epochs: Int
    public var batch: Int
    public var heldOut: Double
    public var optimizer: Optimizer
  }

  public struct PPO: Sendable {
    public var iterations: Int
    public var rollouts: Int
    public var harmfulShare: Double
    public var maximumTokens: Int
    public var temperature: Double
    public var learningRate: Double
    public var valueLearningRate: Double
    public var epochs: Int
    public var minibatch: Int
    public var klCoefficient: Double
    public var klTarget: Double?
    public var clip: Double
    public var valueClip: Double
    public var gamma: Double
    public var lambda: Double
    public var missingEndPenalty: Double
    public var klLimit: Double
    public var snapshots: Int
  }

  public struct Evaluate: Sendable {
    public var temperature: Double
    public var maximumTokens: Int
    public var samples: Int
    public var bootstrap: Int
    public var greedy: Bool
  }

  public struct Judge: Sendable {
    public var items: Int
    public var samples: Int
  }

  /// Every setting at its default.
  public init() throws(ScriptError) { try self.init(LuaTable()) }

  init(_ given: LuaTable) throws(ScriptError) {
    func settings(_ schema: Schema) throws(ScriptError) -> LuaTable {
      try schema.validate(
        given.optionalTable(schema.name) ?? LuaTable(), path: "experiment.stages.\(schema.name)")
    }
    let respond = try settings(ExperimentSchema.respond)
    self.respond = Respond(
      temperature: respond.real("temperature"), maximumTokens: respond.int("max_tokens"),
      helpfulSamples: respond.int("helpful_samples"))
    let revise = try settings(ExperimentSchema.revise)
    self.revise = Revise(
      rounds: revise.int("rounds"), critiques: revise.flag("critique"),
      temperature: revise.real("temperature"), maximumTokens: revise.int("max_tokens"))
    let finetune = try settings(ExperimentSchema.finetune)
    self.finetune = FineTune(
      epochs: finetune.int("epochs"), batch: finetune.int("batch"),
      rounds: finetune.optionalInt("rounds"), optimizer: Optimizer(finetune))
    let compare = try settings(ExperimentSchema.compare)
    self.compare = Compare(
      temperature: compare.real("temperature"), maximumTokens: compare.int("max_tokens"),
      chainOfThought: compare.flag("chain_of_thought"),
      reasoningTemperature: compare.real("reasoning_temperature"),
      reasoningTokens: compare.int("reasoning_tokens"), principles: compare.int("principles"))
    label = try Label(settings(ExperimentSchema.label), location: given.location)
    let preference = try settings(ExperimentSchema.preference)
    self.preference = Preference(
      epochs: preference.int("epochs"), batch: preference.int("batch"),
      heldOut: preference.real("held_out"), optimizer: Optimizer(preference))
    let ppo = try settings(ExperimentSchema.ppo)
    self.ppo = PPO(
      iterations: ppo.int("iterations"), rollouts: ppo.int("rollouts"),
      harmfulShare: ppo.real("harmful_share"), maximumTokens: ppo.int("max_tokens"),
      temperature: ppo.real("temperature"), learningRate: ppo.real("learning_rate"),
      valueLearningRate: ppo.real("value_learning_rate"), epochs: ppo.int("epochs"),
      minibatch: ppo.int("minibatch"), klCoefficient: ppo.real("kl_coefficient"),
      klTarget: ppo.optionalReal("kl_target"), clip: ppo.real("clip"),
      valueClip: ppo.real("value_clip"), gamma: ppo.real("gamma"), lambda: ppo.real("lambda"),
      missingEndPenalty: ppo.real("missing_end_penalty"), klLimit: ppo.real("kl_limit"),
      snapshots: ppo.int("snapshots"))
    let evaluate = try settings(ExperimentSchema.evaluate)
    self.evaluate = Evaluate(
      temperature: evaluate.real("temperature"), maximumTokens: evaluate.int("max_tokens"),
      samples: evaluate.int("samples"), bootstrap: evaluate.int("bootstrap"),
      greedy: evaluate.flag("greedy"))
    let judge = try settings(ExperimentSchema.judge)
    self.judge = Judge(items: judge.int("items"), samples: judge.int("samples"))
  }
}

extension StageSettings.Optimizer {
  init(_ table: LuaTable) {
    learningRate = table.real("learning_rate")
    cosine = table.text("schedule") == "cosine"
    warmupSteps = table.int("warmup")
    weightDecay = table.real("weight_decay")
    clip = table.real("clip")
    beta2 = table.real("beta2")
  }
}

extension StageSettings.Label {
  init(_ table: LuaTable, location: SourceLocation?) throws(ScriptError) {
    source = Source(rawValue: table.text("source"))!
    instruction = table.optionalText("instruction")
    noise = table.real("noise")
    switch table.fields["clamp"] {
    case .boolean(false)?:
      clamp = nil
    case .table(let bounds)?:
      let numbers = bounds.array.compactMap { value -> Double? in
        switch value {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
      }
      guard numbers.count == 2, numbers[0] <= numbers[1] else {
        throw ScriptError(
          "experiment.stages.label.clamp: expected { low, high } with low <= high", at: location,
          path: "experiment.stages.label.clamp", reason: .schema)
      }
      clamp = numbers[0]...numbers[1]
    default:
      throw ScriptError(
        "experiment.stages.label.clamp: expected false or { low, high }, got true", at: location,
        path: "experiment.stages.label.clamp", reason: .schema)
    }
  }
}
