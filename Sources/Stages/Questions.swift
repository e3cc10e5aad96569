import Constitution
import Inference
import KeyedRandom
import LuaHost
import Transformer

/// Puts a constitution's templates to a model: few-shot texts first, then the
/// filled template.
struct Questions {
  let conversation: Conversation
  let hooks: ScriptHooks

  /// One filling of a template.
  struct Item {
    var values: [String: String]
    /// Names the draws of the answer.
    var key: RandomKey
    /// What is being done, for messages.
    var activity: Activity
  }

  struct Answer {
    var text: String
    /// Whether the model ended it itself.
    var ended: Bool
  }

  /// The question as tokens; the first `shared` of them are the few-shot texts,
  /// which every question of the template begins with.
  func tokens(
    _ template: TemplateName, _ values: [String: String], activity: Activity
  ) throws -> (all: [Int32], shared: Int) {
    let prefix = conversation.tokens(hooks.constitution.prefix(of: template))
    let question = try hooks.render(template, values, activity: activity)
    return (prefix + conversation.tokens(question), prefix.count)
  }

  /// Asks every item, for an answer of at most `limit` tokens.
  func ask(
    _ template: TemplateName, _ items: [Item], of model: MemoisedEngine, temperature: Double,
    limit: Int, progress: (Int, Int, String) -> Void
  ) throws -> [Answer] {
    let requests = try items.map { item in
      let question = try tokens(template, item.values, activity: item.activity)
      return GenerationRequest(
        prompt: question.all, sharedPrefixLength: question.shared,
        sampling: Sampling(temperature: Float(temperature)), key: item.key,
        maximumNewTokens: limit, stopTokens: [conversation.endOfTurn],
        stopStrings: hooks.constitution.stop)
    }
    return try model.generate(requests, progress: progress).map {
      Answer(
        text: conversation.text(of: $0, stopStrings: hooks.constitution.stop),
        ended: $0.finish != .length)
    }
  }

  /// The natural log-probabilities of each choice as the answer to every item.
  func score(
    _ choices: [String], _ template: TemplateName, _ items: [Item], of model: MemoisedEngine,
    progress: (Int, Int, String) -> Void
  ) throws -> [[Double]] {
    let choices = choices.map { conversation.tokenizer.encode($0) }
    let requests = try items.map { item in
      let question = try tokens(template, item.values, activity: item.activity)
      return ChoiceRequest(
        prompt: question.all, sharedPrefixLength: question.shared, choices: choices)
    }
    return try model.scoreChoices(requests, progress: progress).map { $0.map(Double.init) }
  }
}
