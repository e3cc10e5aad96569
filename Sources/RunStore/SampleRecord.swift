/// The two sets of prompts.
public enum PromptSet: String, Codable, Sendable, CaseIterable {
  case harmful, helpful
}

/// What a sampled text is.
public enum SampleKind: String, Codable, Sendable, CaseIterable {
  case response, critique, revision
  /// The reasoning of a vote, when it is kept as a sample of its own.
  case reasoning
}

/// One text that a model wrote, and where it came from.
///
/// A NUL in a text is stored as "\u{2400}", here and in the other records.
public struct SampleRecord: Codable, Hashable, Sendable {
  /// Given by the store on insertion.
  public var id: Int64?
  public var runId: String
  public var stage: String
  /// The system that wrote it in an evaluation, such as "rl-cai".
  public var system: String?
  public var promptId: String
  public var promptText: String?
  public var promptSet: PromptSet
  /// The prompt's category, such as "theft".
  public var category: String?
  /// Which of several draws for the prompt, from 0.
  public var draw: Int
  /// Round of critique and revision, 0 for the first response.
  public var round: Int
  public var kind: SampleKind
  public var text: String
  public var tokenCount: Int
  /// Why generation ended, in the stage's own words, such as "length".
  public var finish: String
  /// The principle that a critique or revision was asked with.
  public var principleId: String?
  /// The random key as JSON text: seed, stage, item, draw.
  public var key: String?
  /// `id` of the sample this one answers or revises.
  public var parent: Int64?
  /// JSON text of one object. For an answer that the evaluator judged: `judgement`,
  /// its numbers by metric, and `own_harm`, the harm of the prompt's own category.
  public var detail: String?

  public init(
    runId: String, stage: String, system: String? = nil, promptId: String,
    promptText: String? = nil, promptSet: PromptSet, category: String? = nil,
    draw: Int = 0, round: Int = 0, kind: SampleKind, text: String, tokenCount: Int = 0,
    finish: String = "", principleId: String? = nil, key: String? = nil,
    parent: Int64? = nil, detail: String? = nil
  ) {
    self.runId = runId
    self.stage = stage
    self.system = system
    self.promptId = promptId
    self.promptText = promptText
    self.promptSet = promptSet
    self.category = category
    self.draw = draw
    self.round = round
    self.kind = kind
    self.text = text
    self.tokenCount = tokenCount
    self.finish = finish
    self.principleId = principleId
    self.key = key
    self.parent = parent
    self.detail = detail
  }
}

extension SampleRecord: TableRecordValue {
  static var table: String { "sample" }
  static var replaces: Bool { false }

  func storable() -> SampleRecord {
    var copy = self
    copy.text = text.withoutNUL
    copy.promptText = promptText?.withoutNUL
    return copy
  }
}

/// The order in which a vote saw the two responses.
public enum VoteOrder: String, Codable, Sendable, CaseIterable {
  case ab = "AB"
  case ba = "BA"
}

/// One question to the judge: which of two responses is better, by one
/// principle, in one order.
public struct VoteRecord: Codable, Hashable, Sendable {
  public var runId: String
  public var comparisonId: String
  public var promptId: String
  public var principleId: String
  public var order: VoteOrder
  /// Which draw of a principle for this pair, from 0.
  public var draw: Int
  /// Natural log-probability that the judge chose the option shown first, under the
  /// letter A: response A in order AB, response B in order BA. Nil when no answer
  /// could be read.
  public var logProbabilityA: Double?
  /// The same of the option shown second, under the letter B.
  public var logProbabilityB: Double?
  /// The chain of thought, when there was one.
  public var reasoning: String?
  /// False when no choice could be read from the chain of thought.
  public var parsed: Bool

  public init(
    runId: String, comparisonId: String, promptId: String, principleId: String,
    order: VoteOrder, draw: Int = 0, logProbabilityA: Double?, logProbabilityB: Double?,
    reasoning: String? = nil, parsed: Bool = true
  ) {
    self.runId = runId
    self.comparisonId = comparisonId
    self.promptId = promptId
    self.principleId = principleId
    self.order = order
    self.draw = draw
    self.logProbabilityA = logProbabilityA
    self.logProbabilityB = logProbabilityB
    self.reasoning = reasoning
    self.parsed = parsed
  }
}

extension VoteRecord: TableRecordValue {
  static var table: String { "vote" }
  static var replaces: Bool { true }

  func storable() -> VoteRecord {
    var copy = self
    copy.reasoning = reasoning?.withoutNUL
    return copy
  }
}

/// Two responses to one prompt and the label they got.
public struct ComparisonRecord: Codable, Hashable, Sendable {
  public var runId: String
  /// Unique in the run.
  public var id: String
  public var promptId: String
  public var promptSet: PromptSet
  public var textA: String
  public var textB: String
  /// P(A is better), in [0, 1]; nil until labelled.
  public var label: Double?
  /// Why the pair is not used; nil when it is.
  public var dropped: String?

  public init(
    runId: String, id: String, promptId: String, promptSet: PromptSet, textA: String,
    textB: String, label: Double? = nil, dropped: String? = nil
  ) {
    self.runId = runId
    self.id = id
    self.promptId = promptId
    self.promptSet = promptSet
    self.textA = textA
    self.textB = textB
    self.label = label
    self.dropped = dropped
  }
}

extension ComparisonRecord: TableRecordValue {
  static var table: String { "comparison" }
  static var replaces: Bool { true }

  func storable() -> ComparisonRecord {
    var copy = self
    copy.textA = textA.withoutNUL
    copy.textB = textB.withoutNUL
    return copy
  }
}
