public import KeyedRandom

/// One text to continue.
public struct GenerationRequest: Sendable {
  /// The prompt's token ids, at least one.
  public var prompt: [Int32]
  /// How many leading tokens of `prompt` other requests share. It only tells
  /// the engine which requests to keep together, so that it computes the shared
  /// part once; results do not depend on it. 0 says nothing is known.
  public var sharedPrefixLength: Int
  public var sampling: Sampling
  /// Names this request's random numbers: new token n is drawn with number n of
  /// `key.generator()`, whatever else runs.
  public var key: RandomKey
  /// The most tokens to add, 0 or more; the context's end also ends the text.
  public var maximumNewTokens: Int
  /// Sampling one of these ends the text; it is kept as the last token.
  public var stopTokens: [Int32]
  /// The new text, decoded without special tokens, ends as soon as it contains
  /// one of these; compared byte by byte.
  public var stopStrings: [String]

  public init(
    prompt: [Int32], sharedPrefixLength: Int = 0, sampling: Sampling, key: RandomKey,
    maximumNewTokens: Int, stopTokens: [Int32] = [], stopStrings: [String] = []
  ) {
    self.prompt = prompt
    self.sharedPrefixLength = sharedPrefixLength
    self.sampling = sampling
    self.key = key
    self.maximumNewTokens = maximumNewTokens
    self.stopTokens = stopTokens
    self.stopStrings = stopStrings
  }
}

/// One prompt with the continuations whose probability is asked for.
public struct ChoiceRequest: Sendable {
  /// The prompt's token ids, at least one.
  public var prompt: [Int32]
  /// As in `GenerationRequest`.
  public var sharedPrefixLength: Int
  /// Token ids of each choice, at least one token each.
  public var choices: [[Int32]]

  public init(prompt: [Int32], sharedPrefixLength: Int = 0, choices: [[Int32]]) {
    self.prompt = prompt
    self.sharedPrefixLength = sharedPrefixLength
    self.choices = choices
  }
}
