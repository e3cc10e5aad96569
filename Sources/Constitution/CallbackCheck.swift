import Foundation
import KeyedRandom
public import LuaHost

/// Calls every function of a constitution on inputs made up for it: each
/// several times and in another order, so that hidden state shows; with A and B
/// swapped, so that an unfair label shows; with extreme numbers, so that a
/// result out of range shows.
public struct CallbackCheck {
  /// What was called, and what was wrong.
  public struct Report: Sendable {
    /// Calls by function, in the order of checking.
    public var calls: [(function: String, count: Int)] = []
    public var errors: [ScriptError] = []

    public init() {}
  }

  private let hooks: ScriptHooks
  private let constitution: Constitution
  private let evaluator: Experiment.Evaluator?
  private let prompts: [Prompt]
  private let settings: StageSettings
  private var report = Report()

  /// - Parameters:
  ///   - prompts: some real prompts, for an experiment; made up when empty.
  ///   - settings: what `label` is told of; the defaults for a constitution
  ///     alone.
  public init(
    hooks: ScriptHooks, evaluator: Experiment.Evaluator? = nil, prompts: [Prompt] = [],
    settings: StageSettings? = nil
  ) throws(ScriptError) {
    self.hooks = hooks
    constitution = hooks.constitution
    self.evaluator = evaluator
    var prompts = prompts
    if prompts.isEmpty {
      for number in 1...8 {
        prompts.append(
          try Prompt(id: "synthetic \(number)", text: "synthetic prompt \(number)"))
      }
    }
    self.prompts = prompts
    if let settings {
      self.settings = settings
    } else {
      self.settings = try StageSettings()
    }
  }

  /// Runs all checks; one error for each function at most.
  public mutating func run() -> Report {
    checkDraw()
    checkTemplates()
    checkKeep()
    checkLabel()
    checkReward()
    checkEvaluator()
    return report
  }

  /// Checks an experiment's functions before a run by `hooks`; throws the first
  /// error.
  public static func requireSound(
    _ experiment: Experiment, hooks: ScriptHooks
  ) throws(ScriptError) {
    // The reward is known by what it is before the check calls it.
    _ = try hooks.rewardFingerprint()
    var check = try CallbackCheck(experiment, vm: hooks.vm)
    if let error = check.run().errors.first { throw error }
  }

  /// The check of an experiment, on some of its own prompts.
  public init(_ experiment: Experiment, vm: LuaVM) throws(ScriptError) {
    // Hooks of its own: these calls are not the run's.
    let hooks = ScriptHooks(
      vm: vm, constitution: experiment.constitution, evaluator: experiment.evaluator)
    try self.init(
      hooks: hooks, evaluator: experiment.evaluator,
      prompts: Array(experiment.prompts.harmful.prefix(8)), settings: experiment.stages)
  }

  /// Texts that models and people write, and some that they hardly do.
  private static let texts = [
    "no.", "First, do this. Then do that.", "", "{{critique}} <|end|> \u{1b}[2J",
    "naïve café ☕ 你好", String(repeating: "a long answer ", count: 40),
  ]

  // MARK: Purity

  /// Calls `body` for every item forwards twice and backwards once, and
  /// compares. Returns whether all is well.
  @discardableResult
  private mutating func check<Value: Equatable>(
    _ name: String, _ function: LuaFunction?, items: Int,
    _ body: (Int) throws(ScriptError) -> Value
  ) -> Bool {
    guard let function else { return true }
    report.calls.append((name, 3 * items))
    var first: [Value] = []
    do throws(ScriptError) {
      for item in 0..<items { first.append(try body(item)) }
      for (pass, order) in [
        ("again", Array(0..<items)), ("in another order", (0..<items).reversed()),
      ] {
        for item in order {
          let value = try body(item)
          guard value == first[item] else {
            throw ScriptError(
              "\(name): depends on the calls before it: called \(pass) with the same arguments "
                + "it returned \(shown(value)), before \(shown(first[item])) — let it read its arguments only, "
                + "and keep nothing in outer variables", at: function.location,
              context: "synthetic item \(item + 1)")
          }
        }
      }
      return true
    } catch {
      report.errors.append(error)
      return false
    }
  }

  /// `nil` and not `Optional(…)`.
  private func shown<Value>(_ value: Value) -> String {
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return "\(value)" }
    return mirror.children.first.map { "\($0.value)" } ?? "nil"
  }

  // MARK: One function each

  private mutating func checkDraw() {
    let (hooks, prompts) = (hooks, prompts)
    check("draw", constitution.draw, items: 2 * prompts.count) { item throws(ScriptError) in
      let prompt = prompts[item / 2]
      let key = RandomKey(seed: 1, stage: "check", item: prompt.id)
      return item % 2 == 0
        ? try hooks.drawRevisionPrinciple(for: prompt, round: 1 + item % 3, key: key).id
        : try hooks.drawPreferencePrinciple(for: prompt, draw: item % 3, key: key).id
    }
  }

  private mutating func checkTemplates() {
    let hooks = hooks
    for name in TemplateName.allCases {
      guard case .function(let function)? = constitution.templates[name] else { continue }
      check("templates.\(name.rawValue)", function, items: Self.texts.count) {
        item throws(ScriptError) in
        let values = name.slots.enumerated().map { index, slot in
          (slot, Self.texts[(item + index) % Self.texts.count])
        }
        return try hooks.render(
          name, Dictionary(uniqueKeysWithValues: values),
          activity: Activity("templates", nil, "synthetic item", String(item + 1)))
      }
    }
  }

  private mutating func checkKeep() {
    let (hooks, prompts, texts) = (hooks, prompts, Self.texts)
    let principles = constitution.revisionPrinciples
    check("keep", constitution.keep, items: prompts.count * 3) { item throws(ScriptError) in
      try hooks.keeps(
        .init(
          prompt: prompts[item / 3], round: 1 + item % 4,
          principle: principles[item % principles.count], response: texts[item % texts.count],
          critique: texts[(item + 1) % texts.count],
          revision: texts[(item + item % 3) % texts.count]))
    }
  }

  /// Sets of votes: none parsed, one, two, many; sure and unsure ones.
  private func votes(_ item: Int) -> [ScriptHooks.Vote] {
    let principles = constitution.preferencePrinciples
    let probabilities = [0.5, 0, 1, 0.03, 0.97, 0.62, 0.41]
    return (0..<[2, 1, 4, 3, 8][item % 5]).map { index in
      let p = probabilities[(item + 3 * index) % probabilities.count]
      let order = index % 2 == 0 ? "AB" : "BA"
      let first = order == "AB" ? p : 1 - p
      return ScriptHooks.Vote(
        principle: principles[(item + index / 2) % principles.count], order: order, probability: p,
        logFirst: max(-40, Self.log(first)), logSecond: max(-40, Self.log(1 - first)),
        reasoning: settings.compare.chainOfThought ? Self.texts[index % Self.texts.count] : nil,
        parsed: item % 7 != 6 && (item + index) % 5 != 4)
    }
  }

  /// The votes on the same pair with A and B exchanged, as the host would hand
  /// them over: what was asked as AB is now the BA of its question, and AB still
  /// comes first, so that a label which reads one place of the list shows.
  private static func swapped(_ votes: [ScriptHooks.Vote]) -> [ScriptHooks.Vote] {
    var result = votes.map(\.swapped)
    for first in stride(from: 0, to: result.count - 1, by: 2) {
      result.swapAt(first, first + 1)
    }
    return result
  }

  private static func log(_ p: Double) -> Double { p > 0 ? Foundation.log(p) : -40 }

  private mutating func checkLabel() {
    guard let function = constitution.label else { return }
    let (hooks, prompts, settings) = (hooks, prompts, settings)
    let items = (0..<35).map(votes)
    func label(_ item: Int, swapped: Bool) throws(ScriptError) -> Double? {
      let votes = swapped ? Self.swapped(items[item]) : items[item]
      let (a, b) = swapped ? ("the second", "the first") : ("the first", "the second")
      return try hooks.label(
        votes, for: prompts[item % prompts.count], a: a, b: b, settings: settings)
    }
    let isPure = check("label", function, items: items.count) { item throws(ScriptError) in
      try label(item, swapped: false)
    }
    guard isPure else { return }
    do throws(ScriptError) {
      var kept = 0
      for item in items.indices {
        let plain = try label(item, swapped: false)
        if plain != nil { kept += 1 }
        let swapped = try label(item, swapped: true)
        guard plain.map({ 1 - $0 }).isNear(swapped) else {
          throw ScriptError(
            "label: is not symmetric: with A and B swapped it returned "
              + "\(swapped.map { "\($0)" } ?? "nil"), expected "
              + "\(plain.map { "\(1 - $0)" } ?? "nil") (1 - p) — treat both responses alike",
            at: function.location, context: "synthetic item \(item + 1)")
        }
      }
      if kept == 0 {
        throw ScriptError(
          "label: returned nil for every one of \(items.count) sets of votes, so no pair would be "
            + "left to learn from — return P(A is better), and nil only to drop a pair",
          at: function.location)
      }
    } catch {
      report.errors.append(error)
    }
  }

  private mutating func checkReward() {
    let (hooks, texts) = (hooks, Self.texts)
    check("reward", constitution.reward, items: 24) { item throws(ScriptError) in
      try hooks.reward(
        .init(
          score: [0, -30, 30, 1.5, -0.2][item % 5], kl: [0, 0.4, 12, 150][item % 4],
          length: [1, 20, 64, 2048][item % 4], ended: item % 3 != 0,
          text: texts[item % texts.count], promptID: "synthetic \(item % 7 + 1)",
          iteration: item % 9))
    }
  }

  private mutating func checkEvaluator() {
    guard let evaluator else { return }
    let (hooks, prompts, texts) = (hooks, prompts, Self.texts)
    func prompt(_ item: Int) -> Prompt { prompts[item % prompts.count] }
    check("evaluator.judge", evaluator.judge, items: 12) { item throws(ScriptError) in
      let judgement = try hooks.judge(prompt(item), texts[item % texts.count])
      return [judgement.values, judgement.byCategory ?? [:]]
    }
    check("evaluator.compare", evaluator.compare, items: 12) { item throws(ScriptError) in
      try hooks.compareHarmlessness(
        prompt(item), texts[item % texts.count], texts[(item + 1) % texts.count]
      ).rawValue
    }
    check("evaluator.help_compare", evaluator.helpCompare, items: 12) { item throws(ScriptError) in
      try hooks.compareHelpfulness(
        prompt(item), texts[item % texts.count], texts[(item + 1) % texts.count]
      ).rawValue
    }
  }
}

extension ScriptHooks.Vote {
  /// The same vote of the pair with A and B exchanged.
  fileprivate var swapped: ScriptHooks.Vote {
    var vote = self
    vote.order = order == "AB" ? "BA" : "AB"
    vote.probability = 1 - probability
    return vote
  }
}

extension Double? {
  fileprivate func isNear(_ other: Double?) -> Bool {
    switch (self, other) {
    case (nil, nil): true
    case (let a?, let b?): abs(a - b) <= 1e-6
    default: false
    }
  }
}
