/// What all published texts of one kind have around them. It goes into the
/// templates, so that a principle reads as a sentence; around that sentence it
/// gives the published bytes.
struct Frame {
  let opening: String
  let closing: String

  static let critique = Frame(opening: "\n\nCritiqueRequest: ", closing: "\n\nCritique:")
  static let revision = Frame(opening: "\n\nRevisionRequest: ", closing: "\n\nRevision:")
  static let choice = Frame(opening: "\n", closing: " Options:")

  /// What stands inside the frame; nil when `text` is not in it, or nothing is.
  func sentence(of text: String) -> String? {
    guard text.utf8.starts(with: opening.utf8), text.hasUTF8Suffix(closing),
      text.utf8.count > opening.utf8.count + closing.utf8.count
    else { return nil }
    return String(
      Substring(text.utf8.dropFirst(opening.utf8.count).dropLast(closing.utf8.count)))
  }

  func around(_ sentence: String) -> String { opening + sentence + closing }
}

/// Texts are taken apart by their bytes: a combining mark after a marker would
/// hide it from a search by characters.
extension String {
  func hasUTF8Suffix(_ suffix: String) -> Bool {
    utf8.reversed().starts(with: suffix.utf8.reversed())
  }

  /// The parts around `markers`, one more than there are markers; nil unless each
  /// occurs exactly once, in this order.
  func parts(around markers: [String]) -> [String]? {
    var parts: [String] = []
    var rest = utf8[...]
    for marker in markers {
      guard utf8.ranges(of: marker.utf8).count == 1, let range = rest.firstRange(of: marker.utf8)
      else { return nil }
      parts.append(String(Substring(rest[..<range.lowerBound])))
      rest = rest[range.upperBound...]
    }
    return parts + [String(Substring(rest))]
  }
}
