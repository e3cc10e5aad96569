public import Transformer

/// Called with how many requests are done and how many tokens were generated
/// so far (0 while scoring): now and then, from any thread, one call at a time.
public typealias EngineProgress = @Sendable (_ done: Int, _ newTokens: Int) -> Void

/// A language model that continues texts and scores continuations. A result
/// depends on its request and the model alone, not on the other requests of the
/// call, their order, or how many threads work on them.
public protocol LanguageModelEngine: Sendable {
  /// Names weights and tokenizer: equal identities give equal results.
  var identity: String { get }
  var tokenizer: Tokenizer { get }
  /// The most tokens, prompt and new ones together, that one text can have.
  var contextLength: Int { get }

  /// Continues each request's prompt; results in the order of the requests.
  /// Throws before any compute if a request is not valid.
  func generate(
    _ requests: [GenerationRequest], progress: EngineProgress?
  ) throws -> [Generation]

  /// For each request, the natural log-probability of each choice as the text
  /// right after the prompt (summed over its tokens, temperature 1), in the
  /// order of the requests. Throws before any compute if one is not valid.
  func scoreChoices(
    _ requests: [ChoiceRequest], progress: EngineProgress?
  ) throws -> [[Float]]
}

extension LanguageModelEngine {
  public func generate(_ requests: [GenerationRequest]) throws -> [Generation] {
    try generate(requests, progress: nil)
  }

  public func scoreChoices(_ requests: [ChoiceRequest]) throws -> [[Float]] {
    try scoreChoices(requests, progress: nil)
  }
}
