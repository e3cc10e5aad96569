/// How much room texts take.
///
/// A page is read with whatever font the reader has, so widths are those of
/// DejaVu Sans, one of the widest: a label that fits with them fits with others.
enum TextMetrics {
  static func width(_ text: String, size: Double, isBold: Bool = false) -> Double {
    text.reduce(0) { $0 + width($1) } * size * (isBold ? 1.12 : 1)
  }

  /// In ems.
  static func width(_ character: Character) -> Double {
    switch character {
    case "i", "j", "l", "'", "I", "J": 0.3
    case " ", ".", ",", ":", ";", "/", "|", "\\": 0.34
    case "-", "f", "t", "(", ")", "[", "]", "!", "r", "*": 0.42
    case "m", "M", "W", "@", "%", "–", "…", "→": 1
    case "+", "=", "<", ">", "#", "w", "−", "±", "×", "~": 0.84
    case "a"..."z", "0"..."9", "\"", "?", "_", "{", "}": 0.64
    case "A"..."Z", "&", "$": 0.78
    default: TerminalText.width(character) > 1 ? 1.1 : 0.8
    }
  }

  /// The text in lines that fit into `width`: cut at spaces, after hyphens and
  /// the like, and inside a word where nothing else helps.
  ///
  /// - Parameter maximumLines: more than that end in "…".
  static func wrapped(
    _ text: String, width: Double, size: Double, isBold: Bool = false, maximumLines: Int = .max
  ) -> [String] {
    func room(_ text: String) -> Double { TextMetrics.width(text, size: size, isBold: isBold) }
    var lines: [String] = []
    var line = ""
    for piece in pieces(TerminalText.escaped(text)) {
      if room(trimmed(line + piece)) <= width {
        line += piece
        continue
      }
      if !trimmed(line).isEmpty { lines.append(trimmed(line)) }
      line = ""
      for character in piece {
        if room(line + String(character)) > width, !line.isEmpty {
          lines.append(line)
          line = ""
        }
        line.append(character)
      }
    }
    if !trimmed(line).isEmpty || lines.isEmpty { lines.append(trimmed(line)) }
    guard lines.count > maximumLines else { return lines }
    var last = lines[maximumLines - 1]
    while room(last + "…") > width, !last.isEmpty { last.removeLast() }
    return lines.prefix(maximumLines - 1) + [last + "…"]
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.last == " " { text.removeLast() }
    while text.first == " " { text.removeFirst() }
    return String(text)
  }

  /// The text cut where a line may end.
  private static func pieces(_ text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    for character in text {
      piece.append(character)
      if " -/_,+=·:".contains(character) {
        pieces.append(piece)
        piece = ""
      }
    }
    return pieces + (piece.isEmpty ? [] : [piece])
  }
}
