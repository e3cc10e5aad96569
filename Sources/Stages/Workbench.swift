public import Constitution
public import Foundation
public import Inference
import Kernels
import KeyedRandom
public import LuaHost
public import RunStore
import Training
import Transformer

/// A loaded model and what a person may ask of it outside a run. Answers are
/// remembered in the record like a run's, so asking again costs nothing.
public final class Workbench {
  /// Where the model was loaded from.
  public let directory: URL
  public let parameterCount: Int
  public let contextLength: Int
  private let conversation: Conversation
  private let engine: MemoisedEngine

  /// How an answer is sampled.
  public struct Sampling: Sendable {
    public var temperature: Double
    /// The longest answer, tokens.
    public var limit: Int
    /// Names the draw: the same seed gives the same answer.
    public var seed: UInt64

    public init(temperature: Double, limit: Int, seed: UInt64) {
      self.temperature = temperature
      self.limit = limit
      self.seed = seed
    }
  }

  /// An answer and whether the model ended it itself.
  public struct Answer: Sendable {
    public var text: String
    public var ended: Bool
  }

  /// Loads a Hugging Face directory.
  ///
  /// - Parameters:
  ///   - store: remembers the answers.
  ///   - inBfloat16: whether matrix products round to bfloat16.
  ///   - cancellation: ends a call that is under way.
  public init(
    _ directory: URL, inBfloat16: Bool = false, store: RunStore,
    cancellation: Cancellation? = nil
  ) throws {
    self.directory = directory
    let checkpoint = try Checkpoint.load(
      directory, head: .languageModel, precision: inBfloat16 ? .bfloat16 : .float32)
    parameterCount = checkpoint.model.configuration.matrixParameterCount
    contextLength = checkpoint.model.configuration.maximumPositions
    conversation = try Conversation(tokenizer: checkpoint.tokenizer, chat: checkpoint.chat)
    engine = MemoisedEngine(
      LocalEngine(checkpoint, cancellation: cancellation), store: store)
  }

  /// `count` answers to what the user says, each with a draw of its own.
  public func answers(to prompt: String, count: Int, _ sampling: Sampling) throws -> [Answer] {
    let requests = (0..<count).map { draw in
      GenerationRequest(
        prompt: conversation.prompt(prompt),
        sampling: Inference.Sampling(temperature: Float(sampling.temperature)),
        key: key("session answer", prompt, sampling, draw: draw),
        maximumNewTokens: sampling.limit, stopTokens: [conversation.endOfTurn])
    }
    return try engine.generate(requests, progress: { _, _, _ in }).map {
      Answer(text: conversation.text(of: $0), ended: $0.finish != .length)
    }
  }

  /// The number of tokens of a text, special tokens not recognised.
  public func tokenCount(_ text: String) -> Int {
    conversation.tokenizer.encode([.init(text, allowsSpecialTokens: false)]).count
  }

  /// What a constitution's template becomes for these values, and the model's
  /// answer to it. Keyed by the values, so each question has its own draw.
  public func ask(
    _ template: TemplateName, _ values: [String: String], hooks: ScriptHooks,
    _ sampling: Sampling, activity: Activity
  ) throws -> Answer {
    let item = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      .joined(separator: "\u{1f}")
    let answer = try questions(hooks).ask(
      template,
      [
        .init(
          values: values, key: key("session \(template.rawValue)", item, sampling),
          activity: activity)
      ], of: engine, temperature: sampling.temperature, limit: sampling.limit,
      progress: { _, _, _ in })[0]
    return Answer(text: answer.text, ended: answer.ended)
  }

  /// Votes on two answers, two for each principle: shown as (A, B), then (B, A).
  public func votes(
    prompt: String, a: String, b: String, principles: [PreferencePrinciple], hooks: ScriptHooks,
    settings: StageSettings.Compare, seed: UInt64
  ) throws -> [ScriptHooks.Vote] {
    let judge = Judge(questions: questions(hooks), model: engine, settings: settings)
    let items = principles.map { principle in
      Judge.Item(
        prompt: prompt, a: a, b: b, principle: principle,
        label: [prompt, a, b, principle.text].joined(separator: "\u{1f}"), activity: "compare")
    }
    return try judge.votes(
      items, key: { RandomKey(seed: seed, stage: "session compare", item: $0) },
      progress: { _ in { _, _, _ in } }
    ).flatMap { [$0.ab.forLabel, $0.ba.forLabel] }
  }

  private func questions(_ hooks: ScriptHooks) -> Questions {
    Questions(conversation: conversation, hooks: hooks)
  }

  private func key(
    _ stage: String, _ item: String, _ sampling: Sampling, draw: Int = 0
  ) -> RandomKey {
    RandomKey(seed: sampling.seed, stage: stage, item: item, draw: UInt64(draw))
  }
}

/// A loaded preference model.
public final class Scorer {
  public let directory: URL
  private let checkpoint: Checkpoint
  private let conversation: Conversation
  private let lanes: Int

  /// Loads a Hugging Face directory that holds a preference model.
  public convenience init(_ directory: URL) throws {
    try self.init(directory, precision: .float32, lanes: Lanes.standardCount)
  }

  init(_ directory: URL, precision: Precision, lanes: Int) throws {
    self.directory = directory
    self.lanes = lanes
    checkpoint = try Checkpoint.load(directory, head: .scalar, precision: precision)
    conversation = try Conversation(tokenizer: checkpoint.tokenizer, chat: checkpoint.chat)
  }

  /// The score of each answer to a prompt: logits, of which only differences
  /// mean something.
  public func scores(prompt: String, answers: [String]) throws -> [Double] {
    try scores(answers.map { (prompt, $0) })
  }

  /// The score of every answer to its prompt.
  func scores(_ items: [(prompt: String, answer: String)]) throws -> [Double] {
    try Training.scores(
      checkpoint.model,
      items.map { conversation.prompt($0.prompt) + conversation.answer($0.answer) }, lanes: lanes
    ).map(Double.init)
  }
}
