public import Constitution
import LuaHost
import Transformer

/// How long a constitution's questions can get, against the model's context.
public struct TokenLengths: Sendable, Encodable {
  /// One template's longest question.
  public struct Row: Sendable, Encodable {
    public var template: String
    /// Tokens of the few-shot texts before it.
    public var exemplars: Int
    /// With the longest prompt and principle, and nothing in the slots that a
    /// model fills.
    public var shortest: Int
    /// With every slot that a model fills as long as it may get.
    public var longest: Int
  }

  public var rows: [Row]
  /// Positions of the model.
  public var context: Int

  /// Templates that leave no room for an answer: always, and when what a model
  /// wrote before is as long as it may be. A run stops at such a question.
  public var impossible: [Row] { rows.filter { $0.shortest >= context } }
  public var tight: [Row] { rows.filter { $0.shortest < context && $0.longest >= context } }

  /// Fills every template that the experiment uses.
  public init(_ experiment: Experiment, hooks: ScriptHooks, start: StartingModel) throws {
    let checkpoint = start.checkpoint
    let questions = Questions(
      conversation: try Conversation(tokenizer: checkpoint.tokenizer, chat: checkpoint.chat),
      hooks: hooks)
    let tokenizer = checkpoint.tokenizer
    func longest(_ texts: [String]) -> String {
      texts.max { tokenizer.encode($0).count < tokenizer.encode($1).count } ?? ""
    }
    let stages = experiment.stages
    let prompt = longest(
      (experiment.prompts.harmful + experiment.prompts.harmfulHeldOut).map(\.text))
    let revisionPrinciples = experiment.constitution.revisionPrinciples
    let values = [
      "prompt": prompt, "response": "", "critique": "", "a": "", "b": "", "reasoning": "",
      "principle.critique": longest(revisionPrinciples.map(\.critique)),
      "principle.revision": longest(revisionPrinciples.map(\.revision)),
      "principle.text": longest(experiment.constitution.preferencePrinciples.map(\.text)),
    ]
    let answer = max(stages.respond.maximumTokens, stages.revise.maximumTokens)
    let sizes = [
      "response": answer, "critique": stages.revise.maximumTokens,
      "a": stages.compare.maximumTokens, "b": stages.compare.maximumTokens,
      "reasoning": stages.compare.reasoningTokens,
    ]
    let used: [TemplateName] =
      (stages.revise.critiques ? [.critique, .revision] : [.directRevision])
      + (stages.compare.chainOfThought ? [.compareReason, .compareAnswer] : [.compare])
    rows = try used.map { name in
      let filled = values.filter { name.slots.contains($0.key) }
      let question = try questions.tokens(name, filled, activity: "token lengths")
      let slots = name.slots.reduce(0) { $0 + (sizes[$1] ?? 0) }
      return Row(
        template: name.rawValue, exemplars: question.shared, shortest: question.all.count,
        longest: question.all.count + slots)
    }
    context = checkpoint.model.configuration.maximumPositions
  }
}
