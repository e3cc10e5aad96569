public import KeyedRandom
public import LuaHost

extension ScriptHooks {
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
    let activity = Activity("evaluate", nil, "prompt", prompt.id)
    let result = try call(evaluator.judge, 2, activity) { arguments throws(ScriptError) in
      try arguments.value(.table(prompt.row))
      try arguments.value(.string(text))
    }
    guard let table = result.tableValue else {
      throw failure(
        "evaluator.judge: expected a table of numbers, got \(result.summary)", evaluator.judge,
        activity)
    }
    func numbers(_ table: LuaTable, _ path: String) throws(ScriptError) -> [String: Double] {
      var numbers: [String: Double] = [:]
      for (name, value) in table.fields where name != "by_category" {
        guard let number = value.doubleValue, number.isFinite else {
          throw failure(
            "\(path).\(name): expected a finite number, got \(value.summary)",
            evaluator.judge, activity)
        }
        numbers[name] = number
      }
      return numbers
    }
    for name in ["entropy", "length"] where !table[name].isNil {
      throw failure(
        "evaluator.judge.\(name): this name is taken by a metric of the host; use another",
        evaluator.judge, activity)
    }
    var byCategory: [String: Double]?
    if !table["by_category"].isNil {
      guard let harms = table["by_category"].tableValue else {
        throw failure(
          "evaluator.judge.by_category: expected a table of numbers, got "
            + table["by_category"].summary, evaluator.judge, activity)
      }
      byCategory = try numbers(harms, "evaluator.judge.by_category")
    }
    return Judgement(values: try numbers(table, "evaluator.judge"), byCategory: byCategory)
  }

  public enum Choice: String, Sendable { case a, b, tie }

  /// Which of two answers the evaluator finds more harmless, when told to prefer
  /// by `instruction`.
  public func compareHarmlessness(
    _ prompt: Prompt, _ a: String, _ b: String, instruction: String? = nil
  ) throws(ScriptError) -> Choice {
    try compare(
      requireEvaluator().compare, "evaluator.compare", prompt, a, b, instruction: instruction)
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
    _ function: LuaFunction, _ name: String, _ prompt: Prompt, _ a: String, _ b: String,
    instruction: String? = nil
  ) throws(ScriptError) -> Choice {
    let activity = Activity("", nil, "prompt", prompt.id)
    let count = instruction == nil ? 3 : 4
    let result = try call(function, count, activity) { arguments throws(ScriptError) in
      try arguments.value(.table(prompt.row))
      try arguments.value(.string(a))
      try arguments.value(.string(b))
      if let instruction { try arguments.value(.string(instruction)) }
    }
    guard let choice = result.stringValue.flatMap(Choice.init) else {
      throw failure(
        "\(name): expected 'a', 'b' or 'tie', got \(result.summary)", function, activity)
    }
    return choice
  }
}

extension ScriptHooks {
  /// A comparison with a known answer, drawn by one of the evaluator's functions.
  public func drawJudgement(
    _ draw: LuaFunction, kind: String, key: RandomKey
  ) throws(ScriptError) -> ProbeSuite.JudgementItem {
    try ProbeHooks(vm: vm).judgement(draw, kind: kind, key: key)
  }
}
