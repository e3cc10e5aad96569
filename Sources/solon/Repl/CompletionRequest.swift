import LuaHost

/// What is to be completed at the cursor, read from the line before it.
enum CompletionRequest: Equatable {
  /// A word after a colon at the line's beginning.
  case command(prefix: String)
  /// A file's name: an argument of `:load`, or inside quotes.
  case file
  /// A module's name inside the quotes of `require`.
  case module(prefix: String)
  /// A name after a path; `isTopic` after `:help`.
  case name(path: [FieldStep], prefix: String, isTopic: Bool)
  /// Nothing can be said.
  case nothing

  init(_ line: String) {
    if line.hasPrefix(":"), !line.hasPrefix("::") {
      let words = line.dropFirst().split(
        maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
      guard words.count == 2 else {
        self = .command(prefix: String(line.dropFirst()))
        return
      }
      switch ReplCommand(rawValue: String(words[0])) {
      case .load: self = .file
      case .help: self = Self.lua(String(words[1]), isTopic: true)
      case .time: self = Self.lua(String(words[1]), isTopic: false)
      default: self = .nothing
      }
      return
    }
    self = Self.lua(line, isTopic: false)
  }

  private static func lua(_ line: String, isTopic: Bool) -> CompletionRequest {
    if let start = openQuote(line) {
      let inside = String(line[line.index(after: start)...])
      let before = line[..<start].reversed().drop { $0.isWhitespace || $0 == "(" }
      return before.starts(with: "require".reversed()) ? .module(prefix: inside) : .file
    }
    let scanner = PathScanner(line)
    guard let path = scanner.path else { return .nothing }
    return .name(path: path, prefix: scanner.prefix, isTopic: isTopic)
  }

  /// The quote that opens a string in which the line ends.
  private static func openQuote(_ line: String) -> String.Index? {
    var open: String.Index?
    var isEscaped = false
    for index in line.indices {
      let character = line[index]
      if isEscaped {
        isEscaped = false
      } else if let start = open {
        if character == "\\" { isEscaped = true }
        if character == line[start] { open = nil }
      } else if character == "\"" || character == "'" {
        open = index
      }
    }
    return open
  }

  /// The steps of a whole path such as `m:generate` or `c.principles[1].id`.
  static func path(_ text: String) -> [FieldStep]? {
    let scanner = PathScanner(text)
    guard let path = scanner.path, scanner.isWholeLine, !scanner.prefix.isEmpty else { return nil }
    return path + [.field(scanner.prefix)]
  }
}

/// Reads a path backwards from the end of a line: names joined by dots and
/// colons, and literal subscripts.
private struct PathScanner {
  /// The unfinished name at the end, perhaps empty.
  private(set) var prefix = ""
  /// What leads to it; nil where that is no path, such as after a call.
  private(set) var path: [FieldStep]?
  private(set) var isWholeLine = false

  private var rest: Substring

  init(_ line: String) {
    rest = line[...]
    prefix = takeName()
    var steps: [FieldStep] = []
    while let separator = rest.last, separator == "." || separator == ":" {
      rest.removeLast()
      // `..` concatenates: what stands before it is another expression.
      if rest.last == separator { break }
      // Subscripts stand between the name and the separator.
      while rest.last == "]" {
        guard let step = takeSubscript() else { return }
        steps.append(step)
      }
      let name = takeName()
      guard let first = name.first, !first.isNumber else { return }
      steps.append(.field(name))
    }
    isWholeLine = rest.isEmpty
    path = steps.reversed()
  }

  private mutating func takeName() -> String {
    let name = String(
      rest.reversed().prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        .reversed())
    rest.removeLast(name.count)
    return name
  }

  /// `[3]`, `['key']` or `["key"]` at the end.
  private mutating func takeSubscript() -> FieldStep? {
    guard let open = rest.lastIndex(of: "[") else { return nil }
    let inside = rest[rest.index(after: open)...].dropLast()
    rest = rest[..<open]
    if let number = Int(inside) { return .element(number) }
    guard let quote = inside.first, quote == "'" || quote == "\"", inside.count >= 2,
      inside.last == quote
    else { return nil }
    return .field(String(inside.dropFirst().dropLast()))
  }
}
