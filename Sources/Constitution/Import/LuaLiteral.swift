/// Texts as Lua literals: whatever the text, Lua reads back the same bytes.
enum LuaLiteral {
  /// The text on one line, between the quotes that it has fewer of.
  static func quoted(_ text: String) -> String {
    let doubles = text.utf8.count { $0 == UInt8(ascii: "\"") }
    let singles = text.utf8.count { $0 == UInt8(ascii: "'") }
    let quote: Unicode.Scalar = doubles > singles ? "'" : "\""
    var literal = String(quote)
    for scalar in text.unicodeScalars {
      switch scalar {
      case quote, "\\": literal += "\\\(scalar)"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case _ where !isVisible(scalar): literal += "\\u{\(String(scalar.value, radix: 16))}"
      default: literal.unicodeScalars.append(scalar)
      }
    }
    literal.unicodeScalars.append(quote)
    return literal
  }

  /// The text between long brackets, as it stands, line by line; `quoted` when an
  /// editor could not show all of it or would not leave all of it alone.
  static func block(_ text: String) -> String {
    let endsInSpace = text.utf8.last == UInt8(ascii: " ") || text.utf8.contains(" \n".utf8)
    guard !endsInSpace, text.unicodeScalars.allSatisfy({ $0 == "\n" || isVisible($0) }) else {
      return quoted(text)
    }
    // With the `]` that the closing bracket begins with: the text may end in the
    // rest of a shorter one.
    let closed = text + "]"
    var level = ""
    while closed.utf8.contains("]\(level)]".utf8) { level += "=" }
    // Lua drops a newline that follows the opening bracket, so this one is not
    // the text's.
    return "[\(level)[\n\(text)]\(level)]"
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}
