public import Transformer

/// Why a generation ended.
public enum FinishReason: String, Sendable, Hashable, Codable {
  /// A stop token was sampled.
  case stopToken
  /// The text contains a stop string.
  case stopString
  /// `maximumNewTokens` were sampled, or the context is full.
  case length
}

/// What was sampled for one request.
public struct Generation: Sendable, Hashable, Codable {
  /// The new tokens, all that were sampled: a stop token and the tokens that
  /// spell a stop string are kept.
  public var tokens: [Int32]
  /// Natural log-probability of each token under the distribution that sampled
  /// it: after temperature, top-k and top-p. A greedy token (temperature 0)
  /// has the log-probability that the model gives it at temperature 1.
  public var logProbabilities: [Float]
  public var finish: FinishReason

  public init(tokens: [Int32], logProbabilities: [Float], finish: FinishReason) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.finish = finish
  }

  /// The new text: without special tokens and a sampled stop token, and cut
  /// before the first occurrence of any of `stopStrings`. Bytes that are not
  /// UTF-8 show as U+FFFD.
  public func text(_ tokenizer: Tokenizer, stopStrings: [String] = []) -> String {
    let kept = finish == .stopToken ? tokens.dropLast() : tokens[...]
    let bytes = tokenizer.bytes(of: kept, skippingSpecialTokens: true)
    let cut = stopStrings.compactMap { firstOccurrence(of: Array($0.utf8), in: bytes) }.min()
    return String(decoding: bytes[..<(cut ?? bytes.count)], as: UTF8.self)
  }
}

/// Where `pattern` first begins in `bytes`, or `nil`; an empty pattern is
/// nowhere.
func firstOccurrence(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
  guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
  return (0...(bytes.count - pattern.count)).first { start in
    bytes[start] == first
      && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
  }
}
