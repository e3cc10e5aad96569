/// The regular expressions by which byte-level tokenizers cut text into words,
/// written by hand over UTF-8. Each covers every text: the words, joined, are
/// the text. Byte-pair merges never cross a word.
enum TokenizerPattern: Hashable, Sendable {
  /// The expression of GPT-2, that of a `ByteLevel` with `use_regex`.
  case gpt2
  /// The expression of cl100k in the form that Llama 3 (up to 3 digits a word)
  /// and Qwen 2 (1 digit a word) ship.
  case cl100k(digits: Int)
  /// Each digit (any number character) alone, the rest together: `Digits` with
  /// `individual_digits`.
  case digits

  static let gpt2Expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private static func cl100kExpression(_ digits: String) -> String {
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  /// The pattern of a regular expression's exact text, or nil for any other.
  init?(expression: String) {
    switch expression {
    case Self.gpt2Expression: self = .gpt2
    case Self.cl100kExpression(#"\p{N}{1,3}"#): self = .cl100k(digits: 3)
    case Self.cl100kExpression(#"\p{N}"#): self = .cl100k(digits: 1)
    default: return nil
    }
  }

  /// Where the word that starts at `start` ends. `start < text.count`; the text
  /// is valid UTF-8 and `start` the first byte of a character.
  func endOfWord(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let scan = Scan(text: text)
    switch self {
    case .gpt2: return scan.gpt2(start)
    case .cl100k(let digits): return scan.cl100k(start, digits: digits)
    case .digits: return scan.digits(start)
    }
  }
}

/// What the expressions distinguish.
private enum Kind: UInt8 {
  case letter, number, newline, space, other

  var isSpace: Bool { self == .space || self == .newline }
}

private struct Scan {
  let text: UnsafeBufferPointer<UInt8>

  func gpt2(_ start: Int) -> Int {
    if let end = contraction(start, ignoringCase: false) { return end }
    let first = kind(start)
    if text[start] == UInt8(ascii: " "), start + 1 < text.count {
      let second = kind(start + 1)
      if !second.kind.isSpace { return run(of: second.kind, from: second.end) }
    }
    return first.kind.isSpace ? spaces(start) : run(of: first.kind, from: first.end)
  }

  func cl100k(_ start: Int, digits: Int) -> Int {
    if let end = contraction(start, ignoringCase: true) { return end }
    let first = kind(start)
    switch first.kind {
    case .letter:
      return run(of: .letter, from: first.end)
    case .number:
      var end = first.end
      for _ in 1..<digits where end < text.count {
        let next = kind(end)
        guard next.kind == .number else { break }
        end = next.end
      }
      return end
    case .newline:
      return spaces(start, keepingNewlines: true)
    case .space, .other:
      if first.end < text.count {
        let second = kind(first.end)
        if second.kind == .letter { return run(of: .letter, from: second.end) }
        if text[start] == UInt8(ascii: " "), second.kind == .other {
          return newlines(from: run(of: .other, from: second.end))
        }
      }
      if first.kind == .other { return newlines(from: run(of: .other, from: first.end)) }
      return spaces(start, keepingNewlines: true)
    }
  }

  func digits(_ start: Int) -> Int {
    let first = kind(start)
    guard first.kind != .number else { return first.end }
    var end = first.end
    while end < text.count {
      let next = kind(end)
      guard next.kind != .number else { break }
      end = next.end
    }
    return end
  }

  private func run(of wanted: Kind, from start: Int) -> Int {
    var end = start
    while end < text.count {
      let next = kind(end)
      guard next.kind == wanted else { break }
      end = next.end
    }
    return end
  }

  private func newlines(from start: Int) -> Int { run(of: .newline, from: start) }

  /// `\s+(?!\S)|\s+`: a run of white space gives its last character to the word
  /// that follows, unless it is the only one. With `keepingNewlines`, preceded
  /// by `\s*[\r\n]+`: a run that holds line ends stops after the last of them.
  private func spaces(_ start: Int, keepingNewlines: Bool = false) -> Int {
    var end = start
    var last = start
    var afterNewline: Int?
    while end < text.count {
      let next = kind(end)
      guard next.kind.isSpace else { break }
      last = end
      end = next.end
      if next.kind == .newline { afterNewline = end }
    }
    if keepingNewlines, let afterNewline { return afterNewline }
    return end < text.count && last > start ? last : end
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`. Without case, U+017F (long s) counts
  /// as s, to which it folds.
  private func contraction(_ start: Int, ignoringCase: Bool) -> Int? {
    guard text[start] == UInt8(ascii: "'"), start + 1 < text.count else { return nil }
    let fold: UInt8 = ignoringCase ? 0x20 : 0
    func letter(_ index: Int) -> UInt8 {
      guard index < text.count else { return 0 }
      return text[index] >= 0x41 && text[index] <= 0x5a ? text[index] | fold : text[index]
    }
    switch letter(start + 1) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return letter(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return letter(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
    case 0xc5 where ignoringCase && text[start + 2] == 0xbf:
      return start + 3
    default:
      return nil
    }
  }

  /// The kind of the character at `start`, and where it ends.
  @inline(__always)
  private func kind(_ start: Int) -> (kind: Kind, end: Int) {
    let first = text[start]
    return first < 0x80 ? (asciiKinds[Int(first)], start + 1) : wideKind(start)
  }

  private func wideKind(_ start: Int) -> (kind: Kind, end: Int) {
    let first = UInt32(text[start])
    func next(_ offset: Int) -> UInt32 { UInt32(text[start + offset]) & 0x3f }
    let value: UInt32
    let length: Int
    if first < 0xe0 {
      (value, length) = ((first & 0x1f) << 6 | next(1), 2)
    } else if first < 0xf0 {
      (value, length) = ((first & 0x0f) << 12 | next(1) << 6 | next(2), 3)
    } else {
      (value, length) = (
        (first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3), 4
      )
    }
    guard let scalar = Unicode.Scalar(value) else {
      preconditionFailure("text handed to the tokenizer's pattern is not valid UTF-8")
    }
    return (scalarKind(scalar), start + length)
  }
}

/// Kinds of the ASCII characters.
private let asciiKinds: [Kind] = (0..<128).map { scalarKind(Unicode.Scalar(UInt8($0))) }

/// The kind of a character in Unicode 16, the version of the regular expression
/// engine behind Hugging Face's library; characters assigned later are `other`
/// whatever this program's runtime knows of them.
private func scalarKind(_ scalar: Unicode.Scalar) -> Kind {
  if scalar == "\r" || scalar == "\n" { return .newline }
  let properties = scalar.properties
  if let age = properties.age, age.major > 16 { return .other }
  switch properties.generalCategory {
  case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
    return .letter
  case .decimalNumber, .letterNumber, .otherNumber:
    return .number
  default:
    return properties.isWhitespace ? .space : .other
  }
}
