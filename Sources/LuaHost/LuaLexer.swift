/// Splits Lua text into the tokens `FieldLocator` needs; comments are passed
/// over.
struct LuaLexer {
  struct Token {
    enum Kind: Equatable {
      case name(String)
      /// A quoted string, escapes left as written.
      case string(String)
      case number
      case symbol(Character)
    }
    var kind: Kind
    var line: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  /// Starts at the beginning of line `first`. A line inside a long string or
  /// comment is not recognised as such; callers start at code.
  init(_ text: String, from first: Int) {
    bytes = Array(text.utf8)
    while line < first, position < bytes.count {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      position += 1
    }
  }

  mutating func tokens() -> [Token] {
    var result: [Token] = []
    while let token = next() { result.append(token) }
    return result
  }

  private func peek(_ offset: Int = 0) -> UInt8 {
    position + offset < bytes.count ? bytes[position + offset] : 0
  }

  private mutating func advance() {
    if peek() == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private mutating func next() -> Token? {
    while position < bytes.count {
      let byte = peek()
      let start = position
      let startLine = line
      if byte == UInt8(ascii: "-"), peek(1) == UInt8(ascii: "-") {
        skipComment()
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        let content = quoted(byte)
        return Token(kind: .string(content), line: startLine)
      } else if let level = longBracket() {
        skipLong(level)
        return Token(kind: .string(""), line: startLine)
      } else if isNameByte(byte), !isDigit(byte) {
        while isNameByte(peek()) { position += 1 }
        return Token(kind: .name(text(start..<position)), line: startLine)
      } else if isDigit(byte) {
        while isNameByte(peek()) || peek() == UInt8(ascii: ".") {
          position += 1
        }
        return Token(kind: .number, line: startLine)
      } else if byte == UInt8(ascii: "=") || byte == UInt8(ascii: "~")
        || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
      {
        // A comparison must not look like an assignment.
        position += 1
        if peek() == UInt8(ascii: "=") {
          position += 1
        } else {
          return symbol(byte, startLine)
        }
      } else if byte > 32, byte < 127 {
        position += 1
        return symbol(byte, startLine)
      } else {
        advance()
      }
    }
    return nil
  }

  private func symbol(_ byte: UInt8, _ line: Int) -> Token {
    Token(kind: .symbol(Character(Unicode.Scalar(byte))), line: line)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  private func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == 95 || (byte >= 65 && byte <= 90)
      || (byte >= 97 && byte <= 122)
  }

  private mutating func quoted(_ quote: UInt8) -> String {
    advance()
    let start = position
    while position < bytes.count, peek() != quote, peek() != 10 {
      if peek() == UInt8(ascii: "\\") { advance() }
      advance()
    }
    let content = text(start..<min(position, bytes.count))
    position += 1
    return content
  }

  /// The number of `=` of a long bracket that opens here.
  private func longBracket() -> Int? {
    guard peek() == UInt8(ascii: "[") else { return nil }
    var level = 0
    while peek(1 + level) == UInt8(ascii: "=") { level += 1 }
    return peek(1 + level) == UInt8(ascii: "[") ? level : nil
  }

  private mutating func skipLong(_ level: Int) {
    position += level + 2
    while position < bytes.count {
      if peek() == UInt8(ascii: "]"), peek(level + 1) == UInt8(ascii: "]"),
        (0..<level).allSatisfy({ peek(1 + $0) == UInt8(ascii: "=") })
      {
        position += level + 2
        return
      }
      advance()
    }
  }

  private mutating func skipComment() {
    position += 2
    if let level = longBracket() {
      skipLong(level)
      return
    }
    while position < bytes.count, peek() != 10 { position += 1 }
  }
}
