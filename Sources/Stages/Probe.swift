public import Constitution
public import Foundation
import Inference
import KeyedRandom
import LuaHost
import Transformer

/// Measures a model on items with known answers: greedy critiques that must be
/// exact, and choices between two responses, asked directly and after
/// reasoning, each in both orders.
public struct Probe {
  let suite: ProbeSuite
  let hooks: ProbeHooks
  let engine: LocalEngine
  let conversation: Conversation

  /// One measured share, with the number of items behind it.
  public struct Figure: Sendable, Codable {
    public var task: String
    public var kind: String
    public var measure: String
    public var value: Double
    public var count: Int
  }

  public init(_ suite: ProbeSuite, hooks: ProbeHooks, root: URL) throws {
    self.suite = suite
    self.hooks = hooks
    let checkpoint = try Checkpoint.load(
      modelDirectory(suite.model, root: root), head: .languageModel)
    conversation = try Conversation(tokenizer: checkpoint.tokenizer, chat: checkpoint.chat)
    engine = LocalEngine(checkpoint)
  }

  public func run() throws -> [Figure] {
    try suite.critiques.flatMap { try critiques($0.kind, $0.draw) }
      + suite.judgements.flatMap { try judgements($0.kind, $0.draw) }
  }

  private func items<Item>(
    _ kind: String, _ draw: (RandomKey) throws -> Item
  ) rethrows -> [Item] {
    try (0..<suite.count).map {
      try draw(RandomKey(seed: suite.seed, stage: "probe \(kind)", item: $0))
    }
  }

  private func tokens(_ name: TemplateName, _ values: [String: String]) throws -> [Int32] {
    guard case .text(let template)? = suite.constitution.templates[name] else {
      throw StageError("probes need templates.\(name.rawValue) as a text in the constitution")
    }
    return conversation.tokens(suite.constitution.prefix(of: name))
      + conversation.tokens(template.render(values))
  }

  private func generate(_ prompts: [[Int32]], _ stage: String) throws -> [String] {
    try engine.generate(
      prompts.enumerated().map { index, prompt in
        GenerationRequest(
          prompt: prompt, sampling: Sampling(temperature: 0),
          key: RandomKey(seed: suite.seed, stage: stage, item: index),
          maximumNewTokens: suite.maximumTokens, stopTokens: [conversation.endOfTurn])
      }
    ).map { conversation.text(of: $0) }
  }

  private func critiques(_ kind: String, _ draw: LuaFunction) throws -> [Figure] {
    let items = try items(kind) { try hooks.critique(draw, kind: kind, key: $0) }
    let answers = try generate(
      items.map {
        try tokens(
          .critique,
          ["prompt": $0.prompt, "response": $0.response, "principle.critique": $0.request])
      }, "critique")
    let exact = zip(items, answers).count { $0.expected == $1 }
    return [
      Figure(
        task: "critique", kind: kind, measure: "exact",
        value: Double(exact) / Double(items.count), count: items.count)
    ]
  }

  private func judgements(_ kind: String, _ draw: LuaFunction) throws -> [Figure] {
    let items = try items(kind) { try hooks.judgement(draw, kind: kind, key: $0) }
    let choices = ["A", "B"].map { conversation.tokenizer.encode($0) }
    func values(_ item: ProbeSuite.JudgementItem, swapped: Bool) -> [String: String] {
      [
        "prompt": item.prompt, "a": swapped ? item.b : item.a, "b": swapped ? item.a : item.b,
        "principle.text": item.instruction,
      ]
    }
    /// P(first option) of every item, in both orders.
    func firstShares(_ prompts: [[Int32]]) throws -> [Double] {
      try engine.scoreChoices(prompts.map { ChoiceRequest(prompt: $0, choices: choices) }).map {
        1 / (1 + exp(Double($0[1]) - Double($0[0])))
      }
    }
    func figures(_ task: String, _ shares: [Double]) -> [Figure] {
      let pairs = items.indices.map { (plain: shares[2 * $0], swapped: shares[2 * $0 + 1]) }
      let right = zip(items, pairs).count { item, pair in
        ((pair.plain + 1 - pair.swapped) / 2 > 0.5) == item.expectsA
      }
      let first = shares.reduce(0, +) / Double(shares.count)
      return [
        Figure(
          task: task, kind: kind, measure: "right",
          value: Double(right) / Double(items.count), count: items.count),
        Figure(
          task: task, kind: kind, measure: "mean P(first)", value: first, count: shares.count),
      ]
    }
    let orders = items.flatMap { item in [false, true].map { values(item, swapped: $0) } }
    let direct = try firstShares(orders.map { try tokens(.compare, $0) })
    var result = figures("judge directly", direct)
    if suite.constitution.templates[.compareReason] != nil {
      let reasonings = try generate(orders.map { try tokens(.compareReason, $0) }, "reason")
      let reasoned = try firstShares(
        zip(orders, reasonings).map { values, reasoning in
          try tokens(.compareAnswer, values.merging(["reasoning": reasoning]) { $1 })
        })
      result += figures("judge after reasoning", reasoned)
    }
    return result
  }
}
