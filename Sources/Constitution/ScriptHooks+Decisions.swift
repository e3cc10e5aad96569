public import LuaHost

extension ScriptHooks {
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
    let activity = Activity(
      "finetune, round", sample.round, "prompt", sample.prompt.id,
      principle: sample.principle.id)
    let principle = try sharedPrinciples().byRevisionID[sample.principle.id]
    let result = try call(function, 1, activity) { arguments throws(ScriptError) in
      try arguments.table(fields: 6)
      try arguments.field("prompt", .table(sample.prompt.row))
      try arguments.field("round", sample.round)
      try arguments.name("principle")
      if let principle {
        try arguments.value(principle)
      } else {
        try arguments.value(sample.principle.luaValue)
      }
      try arguments.field("response", sample.response)
      try arguments.field("critique", sample.critique)
      try arguments.field("revision", sample.revision)
    }
    guard let keeps = result.boolValue else {
      throw failure("keep: expected true or false, got \(result.summary)", function, activity)
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
    let activity = Activity(
      "label", nil, "prompt", prompt.id, principle: votes.first?.principle.id)
    let principles = try sharedPrinciples().byPreferenceID
    let result = try call(function, 2, activity) { arguments throws(ScriptError) in
      try arguments.table(elements: votes.count)
      for index in votes.indices { try votes[index].write(to: &arguments, principles) }
      try arguments.table(fields: 5)
      try arguments.field("prompt", .table(prompt.row))
      try arguments.field("a", a)
      try arguments.field("b", b)
      try arguments.name("clamp")
      if let clamp {
        try arguments.table(elements: 2)
        try arguments.value(clamp.lowerBound)
        try arguments.value(clamp.upperBound)
      } else {
        try arguments.value(.boolean(false))
      }
      try arguments.field("chain_of_thought", settings.compare.chainOfThought)
    }
    if result.isNil { return nil }
    guard let probability = result.doubleValue, probability >= 0, probability <= 1 else {
      throw failure(
        "label: expected a probability in [0, 1], or nil to drop the pair, got \(result.summary)",
        function, activity)
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
    let activity = Activity("ppo iteration", sample.iteration, "prompt", sample.promptID)
    let result = try call(function, 1, activity) { arguments throws(ScriptError) in
      try arguments.table(fields: 7)
      try arguments.field("score", sample.score)
      try arguments.field("kl", sample.kl)
      try arguments.field("length", sample.length)
      try arguments.field("ended", sample.ended)
      try arguments.field("text", sample.text)
      try arguments.field("prompt_id", sample.promptID)
      try arguments.field("iteration", sample.iteration)
    }
    guard let reward = result.doubleValue, reward.isFinite else {
      throw failure(
        "reward: expected a finite number, got \(result.summary)", function, activity)
    }
    return reward
  }
}

extension ScriptHooks.Vote {
  fileprivate func write(
    to arguments: inout ArgumentWriter, _ principles: [String: SharedValue]
  ) throws(ScriptError) {
    try arguments.table(fields: reasoning == nil ? 6 : 7)
    try arguments.name("principle")
    if let shared = principles[principle.id] {
      try arguments.value(shared)
    } else {
      try arguments.value(principle.luaValue)
    }
    try arguments.field("order", order)
    try arguments.field("p", probability)
    try arguments.field("log_first", logFirst)
    try arguments.field("log_second", logSecond)
    if let reasoning { try arguments.field("reasoning", reasoning) }
    try arguments.field("parsed", parsed)
  }
}
