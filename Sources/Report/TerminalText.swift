/// Text fit for a terminal: what models and scripts wrote must not move the
/// cursor, change colours or reorder the line it stands in.
public enum TerminalText {
  /// The text with every control byte and every character that changes the
  /// direction of writing shown as an escape, such as `\x1B` or `\u{202E}`.
  ///
  /// - Parameter keepsLines: whether line feeds stay as they are.
  public static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n", keepsLines {
        result.unicodeScalars.append(scalar)
      } else if isUnsafe(scalar) {
        result += escape(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks, embeddings, overrides and isolates of the bidirectional
    // algorithm, and the two line separators outside ASCII.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(scalar.value, radix: 16, uppercase: true)
      guard scalar.value < 0x100 else { return "\\u{\(digits)}" }
      return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
    }
  }

  /// The terminal columns that the text takes: 2 for East Asian wide
  /// characters and emoji, 0 for marks that combine with what is before them,
  /// 1 otherwise.
  public static func width(_ text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + width($1) }
  }

  static func width(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.isASCII { return 1 }
    // U+FE0F asks for the emoji form of the character before it.
    if first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}") { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(first.value) ? 2 : 1
    }
  }

  /// Wide and Fullwidth of Unicode Standard Annex 11, by block.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// The text cut into lines of at most `columns`: at spaces where there are
  /// any, inside a word otherwise. Line feeds in the text stay; other control
  /// characters are escaped.
  ///
  /// - Parameter maximumLines: more lines than that end in "…".
  public static func wrapped(
    _ text: String, columns: Int, maximumLines: Int = .max
  ) -> [String] {
    let columns = max(columns, 2)
    var lines: [String] = []
    for paragraph in escaped(text, keepsLines: true).split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      lines += wrappedParagraph(paragraph, columns: columns)
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    guard lines.count > maximumLines, maximumLines > 0 else { return lines }
    lines = Array(lines.prefix(maximumLines))
    var last = lines.removeLast()
    while width(last) > columns - 1 { last.removeLast() }
    return lines + [last + "…"]
  }

  private static func wrappedParagraph(_ text: Substring, columns: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var lineWidth = 0
    for word in text.split(separator: " ") {
      let wordWidth = width(word)
      if lineWidth > 0, lineWidth + 1 + wordWidth <= columns {
        line += " " + word
        lineWidth += 1 + wordWidth
        continue
      }
      if lineWidth > 0 { lines.append(line) }
      line = ""
      lineWidth = 0
      for character in word {
        let characterWidth = width(character)
        if lineWidth + characterWidth > columns {
          lines.append(line)
          line = ""
          lineWidth = 0
        }
        line.append(character)
        lineWidth += characterWidth
      }
    }
    return lines + [line]
  }
}
