/// Phrases that a system says whatever it is asked: the n-grams of words in its
/// texts to many different items. They measure boilerplate, and what is left
/// without them.
///
/// Words are runs of letters and digits, with apostrophes inside; case does not
/// matter, nor what is between words.
public struct FrequentPhrases: Sendable {
  /// Words of a phrase.
  public let length: Int
  /// The frequent phrases and the share of items whose texts have them, in
  /// [minimumShare, 1]: most frequent first, then in alphabetical order. Words
  /// are lower-cased.
  public let phrases: [(words: [String], share: Double)]
  private let frequent: Set<String>

  /// - Parameters:
  ///   - texts: with the item, such as the prompt, that each is for. Texts of one
  ///     item count once together.
  ///   - length: words of a phrase, at least 1.
  ///   - minimumShare: of the distinct items, in (0, 1].
  public init(texts: [(item: String, text: String)], length: Int, minimumShare: Double) {
    precondition(length > 0, "a phrase has a positive number of words, not \(length)")
    precondition(
      minimumShare > 0 && minimumShare <= 1, "minimumShare \(minimumShare) is outside (0, 1]")
    var byItem: [String: Set<String>] = [:]
    for (item, text) in texts { byItem[item, default: []].formUnion(Words(text).phrases(length)) }
    var counts: [String: Int] = [:]
    for phrases in byItem.values {
      for phrase in phrases { counts[phrase, default: 0] += 1 }
    }
    let found = counts.filter { Double($0.value) >= minimumShare * Double(byItem.count) }
    self.length = length
    frequent = Set(found.keys)
    phrases =
      found
      .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      .map { phrase, count in
        (phrase.split(separator: " ").map(String.init), Double(count) / Double(byItem.count))
      }
  }

  /// The share of the text's words that are in a frequent phrase, in [0, 1]; 0
  /// without words.
  public func coverage(of text: String) -> Double {
    let words = Words(text)
    guard !words.words.isEmpty else { return 0 }
    return Double(coveredWords(words).count { $0 }) / Double(words.words.count)
  }

  /// The text without the words that frequent phrases cover. What stood between
  /// words that stay neighbours stays; a gap becomes one space. Empty when all
  /// words are covered.
  public func stripped(_ text: String) -> String {
    let words = Words(text)
    let covered = coveredWords(words)
    guard covered.contains(true) else { return text }
    var result = ""
    var last: Int?
    for index in words.ranges.indices where !covered[index] {
      let range = words.ranges[index]
      switch last {
      case nil: result += index == 0 ? text[..<range.lowerBound] : ""
      case index - 1: result += text[words.ranges[index - 1].upperBound..<range.lowerBound]
      default: result += " "
      }
      result += text[range]
      last = index
    }
    if let last, last == words.ranges.count - 1 {
      result += text[words.ranges[last].upperBound...]
    }
    return result
  }

  /// `[words]`: whether a frequent phrase covers the word.
  private func coveredWords(_ words: Words) -> [Bool] {
    var covered = [Bool](repeating: false, count: words.words.count)
    for (start, phrase) in words.phrases(length).enumerated() where frequent.contains(phrase) {
      for index in start..<(start + length) { covered[index] = true }
    }
    return covered
  }
}
