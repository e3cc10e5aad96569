/// The words of a text: runs of letters and digits, lower-cased, with
/// apostrophes inside them ("don't").
struct Words {
  let text: String
  /// Where in `text` every word is.
  let ranges: [Range<String.Index>]
  /// Lower-cased, `[words]`.
  let words: [String]

  init(_ text: String) {
    self.text = text
    var ranges: [Range<String.Index>] = []
    var start: String.Index?
    var index = text.startIndex
    while index < text.endIndex {
      let next = text.index(after: index)
      let character = text[index]
      let belongs =
        character.isLetter || character.isNumber
        || (start != nil && (character == "'" || character == "’") && next < text.endIndex
          && (text[next].isLetter || text[next].isNumber))
      if belongs {
        start = start ?? index
      } else if let begun = start {
        ranges.append(begun..<index)
        start = nil
      }
      index = next
    }
    if let start { ranges.append(start..<text.endIndex) }
    self.ranges = ranges
    words = ranges.map { text[$0].lowercased() }
  }

  /// All runs of `length` words, joined by spaces, in order; none when the text
  /// is shorter.
  func phrases(_ length: Int) -> [String] {
    precondition(length > 0, "a phrase has a positive number of words, not \(length)")
    guard words.count >= length else { return [] }
    return (0...(words.count - length)).map {
      words[$0..<($0 + length)].joined(separator: " ")
    }
  }
}
