public import KeyedRandom
public import LuaHost

/// The functions of a constitution and its evaluator, called with plain values
/// and checked on return. Confined to the thread of its virtual machine.
///
/// Functions that a constitution leaves out have the plain meaning that each
/// method states.
public final class ScriptHooks {
  private let vm: LuaVM
  public let constitution: Constitution
  private let evaluator: Experiment.Evaluator?
  // Taken once, before the first call: a function that keeps a table of what it
  // saw would look like another function later.
  private var knownRewardFingerprint: String?
  // Tables handed to every draw, converted once.
  private let revisionPrinciples: LuaValue
  private let preferencePrinciples: LuaValue

  /// Seconds spent inside scripts so far.
  public private(set) var seconds = 0.0
  /// Calls of script functions so far.
  public private(set) var calls = 0

  /// Without an `evaluator`, nothing may be judged.
  public init(
    vm: LuaVM, constitution: Constitution, evaluator: Experiment.Evaluator? = nil
  ) {
    self.vm = vm
    self.constitution = constitution
    self.evaluator = evaluator
    revisionPrinciples = .table(LuaTable(array: constitution.revisionPrinciples.map(\.luaValue)))
    preferencePrinciples = .table(
      LuaTable(array: constitution.preferencePrinciples.map(\.luaValue)))
  }

  // MARK: Principles

  /// The principle for a prompt in a round: what `draw` returns, or a uniform
  /// draw.
  public func drawRevisionPrinciple(
    for prompt: Prompt, round: Int, key: RandomKey
  ) throws(ScriptError) -> RevisionPrinciple {
    let index = try draw(
      revisionPrinciples, constitution.revisionPrinciples.map(\.id), stage: "revise",
      prompt: prompt, round: round, key: key)
    return constitution.revisionPrinciples[index]
  }

  /// The principle for a pair: what `draw` returns, or a uniform draw.
  public func drawPreferencePrinciple(
    for prompt: Prompt, draw number: Int, key: RandomKey
  ) throws(ScriptError) -> PreferencePrinciple {
    let index = try draw(
      preferencePrinciples, constitution.preferencePrinciples.map(\.id), stage: "compare",
      prompt: prompt, round: number, key: key)
    return constitution.preferencePrinciples[index]
  }

  private func draw(
    _ principles: LuaValue, _ ids: [String], stage: String, prompt: Prompt, round: Int,
    key: RandomKey
  ) throws(ScriptError) -> Int {
    guard let function = constitution.draw else {
      var generator = key.generator()
      return generator.index(below: ids.count)
    }
    let context = "\(stage) round \(round), prompt \(prompt.id)"
    let result = try call(
      function,
      [
        [
          "principles": principles, "stage": .string(stage), "round": .integer(Int64(round)),
          "prompt": .table(prompt.row), "rng": ScriptRandom.object(key),
        ]
      ], context)
    guard let id = result.tableValue?["id"].stringValue, let index = ids.firstIndex(of: id)
    else {
      throw failure(
        "draw: expected one of ctx.principles, got \(result.summary)", function, context)
    }
    return index
  }

  // MARK: Templates

  /// Fills a template. A template that is a function is called with the
  /// values and returns the text to fill.
  public func render(
    _ name: TemplateName, _ values: [String: String], context: String
  ) throws(ScriptError) -> [Template.Piece] {
    switch constitution.templates[name] {
    case .text(let template)?:
      return template.render(values)
    case .function(let function)?:
      var table = LuaTable()
      for (slot, value) in values.sorted(by: { $0.key < $1.key }) {
        table[slot] = .string(value)
      }
      let path = "templates.\(name.rawValue)"
      let result = try call(function, [.table(table)], context)
      guard let text = result.stringValue else {
        throw failure("\(path): expected a string, got \(result.summary)", function, context)
      }
      // Text that was data must not become template: it is put in by its slot.
      for slot in name.slots {
        guard let value = values[slot], value.contains("{{"), text.contains(value) else { continue }
        throw failure(
          "\(path): the text holds the value of \(slot) itself, which would be read as a template "
            + "— return {{\(slot)}} in its place", function, context)
      }
      let allowed = name.slots.filter { values[$0] != nil }
      return try Template(text, allowed: allowed, path: path, location: function.location)
        .render(values)
    case nil:
      throw ScriptError(
        "constitution '\(constitution.name)' has no templates.\(name.rawValue); add it",
        at: nil, path: "constitution.templates.\(name.rawValue)", reason: .schema)
    }
  }

  // MARK: Decisions

  /// A finished revision, as `keep` sees it.
  public struct RevisionSample {
    public var prompt: Prompt
    public var round: Int
    public var principle: RevisionPrinciple
    public var response: String
    public var critique: String
    public var revision: String

    public init(
      prompt: Prompt, round: Int, principle: RevisionPrinciple, response: String,
      critique: String, revision: String
    ) {
      self.prompt = prompt
      self.round = round
      self.principle = principle
      self.response = response
      self.critique = critique
      self.revision = revision
    }
  }

  /// Whether a revision enters fine-tuning; true without a `keep` function.
  public func keeps(_ sample: RevisionSample) throws(ScriptError) -> Bool {
    guard let function = constitution.keep else { return true }
    let context =
      "finetune, prompt \(sample.prompt.id), round \(sample.round), principle \(sample.principle.id)"
    let result = try call(
      function,
      [
        [
          "prompt": .table(sample.prompt.row), "round": .integer(Int64(sample.round)),
          "principle": sample.principle.luaValue, "response": .string(sample.response),
          "critique": .string(sample.critique), "revision": .string(sample.revision),
        ]
      ], context)
    guard let keeps = result.boolValue else {
      throw failure("keep: expected true or false, got \(result.summary)", function, context)
    }
    return keeps
  }

  /// One answered question, as `label` sees it.
  public struct Vote: Sendable {
    public var principle: PreferencePrinciple
    /// `"AB"` or `"BA"`: which of the pair was shown first.
    public var order: String
    /// P(the pair's A is better), in [0, 1].
    public var probability: Double
    /// Natural log-probabilities of choosing the first and second option shown.
    public var logFirst: Double
    public var logSecond: Double
    public var reasoning: String?
    public var parsed: Bool

    public init(
      principle: PreferencePrinciple, order: String, probability: Double, logFirst: Double,
      logSecond: Double, reasoning: String?, parsed: Bool
    ) {
      self.principle = principle
      self.order = order
      self.probability = probability
      self.logFirst = logFirst
      self.logSecond = logSecond
      self.reasoning = reasoning
      self.parsed = parsed
    }
  }

  /// P(A is better) from the votes on a pair, or nil to drop the pair.
  /// Without a `label` function: the mean of the votes that were parsed, clamped
  /// as the experiment asks; nil when none was.
  public func label(
    _ votes: [Vote], for prompt: Prompt, a: String, b: String, settings: StageSettings
  ) throws(ScriptError) -> Double? {
    let clamp = settings.label.clamp
    guard let function = constitution.label else {
      let parsed = votes.filter(\.parsed)
      guard !parsed.isEmpty else { return nil }
      let mean = parsed.reduce(0) { $0 + $1.probability } / Double(parsed.count)
      return clamp.map { min(max(mean, $0.lowerBound), $0.upperBound) } ?? mean
    }
    let context = "label, prompt \(prompt.id)"
    var bounds: LuaValue = .boolean(false)
    if let clamp { bounds = [.number(clamp.lowerBound), .number(clamp.upperBound)] }
    let result = try call(
      function,
      [
        .table(LuaTable(array: votes.map(\.luaValue))),
        [
          "prompt": .table(prompt.row), "a": .string(a), "b": .string(b), "clamp": bounds,
          "chain_of_thought": .boolean(settings.compare.chainOfThought),
        ],
      ], context)
    if result.isNil { return nil }
    guard let probability = result.doubleValue, probability >= 0, probability <= 1 else {
      throw failure(
        "label: expected a probability in [0, 1], or nil to drop the pair, got \(result.summary)",
        function, context)
    }
    return probability
  }

  /// A sampled response, as `reward` sees it.
  public struct RewardSample {
    /// The preference model's score, a logit.
    public var score: Double
    /// Of the whole response, nats.
    public var kl: Double
    /// Tokens, the end of the turn included.
    public var length: Int
    public var ended: Bool
    public var text: String
    public var promptID: String
    public var iteration: Int

    public init(
      score: Double, kl: Double, length: Int, ended: Bool, text: String, promptID: String,
      iteration: Int
    ) {
      self.score = score
      self.kl = kl
      self.length = length
      self.ended = ended
      self.text = text
      self.promptID = promptID
      self.iteration = iteration
    }
  }

  /// The reward before the KL penalty; the score without a `reward` function.
  public func reward(_ sample: RewardSample) throws(ScriptError) -> Double {
    guard let function = constitution.reward else { return sample.score }
    let context = "ppo iteration \(sample.iteration), prompt \(sample.promptID)"
    let result = try call(
      function,
      [
        [
          "score": .number(sample.score), "kl": .number(sample.kl),
          "length": .integer(Int64(sample.length)), "ended": .boolean(sample.ended),
          "text": .string(sample.text), "prompt_id": .string(sample.promptID),
          "iteration": .integer(Int64(sample.iteration)),
        ]
      ], context)
    guard let reward = result.doubleValue, reward.isFinite else {
      throw failure(
        "reward: expected a finite number, got \(result.summary)", function, context)
    }
    return reward
  }

  /// Changes exactly when the `reward` function, or what it refers to, does.
  public func rewardFingerprint() throws(ScriptError) -> String {
    guard let reward = constitution.reward else { return "score" }
    if let known = knownRewardFingerprint { return known }
    let fingerprint = try vm.fingerprint(of: reward)
    knownRewardFingerprint = fingerprint
    return fingerprint
  }

  // MARK: Evaluator

  /// What the evaluator says of one response.
  public struct Judgement {
    /// Metrics by name.
    public var values: [String: Double]
    /// Harm by category; nil when the function gives none. A category that is
    /// not in it has no harm.
    public var byCategory: [String: Double]?
  }

  /// Judges a response. Every number the function returns is a metric; of
  /// `helpfulness` and `over_refusal` those of ordinary prompts count, of all
  /// others those of red-team prompts.
  public func judge(_ prompt: Prompt, _ text: String) throws(ScriptError) -> Judgement {
    let evaluator = requireEvaluator()
    let context = "evaluate, prompt \(prompt.id)"
    let result = try call(evaluator.judge, [.table(prompt.row), .string(text)], context)
    guard let table = result.tableValue else {
      throw failure(
        "evaluator.judge: expected a table of numbers, got \(result.summary)", evaluator.judge,
        context)
    }
    func numbers(_ table: LuaTable, _ path: String) throws(ScriptError) -> [String: Double] {
      var numbers: [String: Double] = [:]
      for (name, value) in table.fields where name != "by_category" {
        guard let number = value.doubleValue, number.isFinite else {
          throw failure(
            "\(path).\(name): expected a finite number, got \(value.summary)",
            evaluator.judge, context)
        }
        numbers[name] = number
      }
      return numbers
    }
    for name in ["entropy", "length"] where !table[name].isNil {
      throw failure(
        "evaluator.judge.\(name): this name is taken by a metric of the host; use another",
        evaluator.judge, context)
    }
    var byCategory: [String: Double]?
    if !table["by_category"].isNil {
      guard let harms = table["by_category"].tableValue else {
        throw failure(
          "evaluator.judge.by_category: expected a table of numbers, got "
            + table["by_category"].summary, evaluator.judge, context)
      }
      byCategory = try numbers(harms, "evaluator.judge.by_category")
    }
    return Judgement(values: try numbers(table, "evaluator.judge"), byCategory: byCategory)
  }

  public enum Choice: String, Sendable { case a, b, tie }

  /// Which of two answers the evaluator finds more harmless.
  public func compareHarmlessness(
    _ prompt: Prompt, _ a: String, _ b: String
  ) throws(ScriptError) -> Choice {
    try compare(requireEvaluator().compare, "evaluator.compare", prompt, a, b)
  }

  /// Which of two answers the evaluator finds more helpful.
  public func compareHelpfulness(
    _ prompt: Prompt, _ a: String, _ b: String
  ) throws(ScriptError) -> Choice {
    try compare(requireEvaluator().helpCompare, "evaluator.help_compare", prompt, a, b)
  }

  private func requireEvaluator() -> Experiment.Evaluator {
    guard let evaluator else { preconditionFailure("these hooks have no evaluator") }
    return evaluator
  }

  private func compare(
    _ function: LuaFunction, _ name: String, _ prompt: Prompt, _ a: String, _ b: String
  ) throws(ScriptError) -> Choice {
    let context = "prompt \(prompt.id)"
    let result = try call(function, [.table(prompt.row), .string(a), .string(b)], context)
    guard let choice = result.stringValue.flatMap(Choice.init) else {
      throw failure(
        "\(name): expected 'a', 'b' or 'tie', got \(result.summary)", function, context)
    }
    return choice
  }

  // MARK: Calling

  private func call(
    _ function: LuaFunction, _ arguments: [LuaValue], _ context: String
  ) throws(ScriptError) -> LuaValue {
    let start = ContinuousClock.now
    defer {
      seconds += (ContinuousClock.now - start) / .seconds(1)
      calls += 1
    }
    return try vm.call(function, arguments, context: context)
  }

  private func failure(
    _ message: String, _ function: LuaFunction, _ context: String
  ) -> ScriptError {
    ScriptError(message, at: function.location, context: context)
  }
}

extension RevisionPrinciple {
  var luaValue: LuaValue {
    [
      "id": .string(id), "tags": .table(LuaTable(array: tags.map { .string($0) })),
      "weight": .number(weight), "critique": .string(critique), "revision": .string(revision),
    ]
  }
}

extension PreferencePrinciple {
  var luaValue: LuaValue {
    [
      "id": .string(id), "tags": .table(LuaTable(array: tags.map { .string($0) })),
      "weight": .number(weight), "text": .string(text),
    ]
  }
}

extension ScriptHooks.Vote {
  var luaValue: LuaValue {
    [
      "principle": principle.luaValue, "order": .string(order), "p": .number(probability),
      "log_first": .number(logFirst), "log_second": .number(logSecond),
      "reasoning": reasoning.map { .string($0) } ?? .nil, "parsed": .boolean(parsed),
    ]
  }
}
