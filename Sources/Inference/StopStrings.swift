import Transformer

/// Watches a text in the making for stop strings. Compares bytes, so a stop
/// string may begin and end in the middle of tokens.
struct StopStrings: Sendable {
  private let patterns: [[UInt8]]
  private let longest: Int
  private let tokenizer: Tokenizer
  /// The text's last bytes: all that a match still to come can begin with.
  private var tail: [UInt8] = []

  init(_ strings: [String], tokenizer: Tokenizer) {
    patterns = strings.map { Array($0.utf8) }
    longest = patterns.map(\.count).max() ?? 0
    self.tokenizer = tokenizer
  }

  /// Adds a token to the text; true if the text now contains a stop string.
  mutating func complete(with token: Int32) -> Bool {
    guard longest > 0 else { return false }
    tail += tokenizer.bytes(of: CollectionOfOne(token), skippingSpecialTokens: true)
    let found = patterns.contains { firstOccurrence(of: $0, in: tail) != nil }
    tail.removeFirst(max(0, tail.count - (longest - 1)))
    return found
  }
}
