/// Why a text is not JSON, and where.
struct CheckpointJSONError: Error {
  let problem: String
  /// Index of the byte at which parsing stopped.
  let offset: Int
}

extension CheckpointJSON {
  /// Parses one JSON document (RFC 8259), strictly: nothing after it, no
  /// repeated keys, no lone surrogates, valid UTF-8, at most 100 levels.
  init(parsing bytes: UnsafeRawBufferPointer) throws(CheckpointJSONError) {
    var parser = Parser(bytes: bytes)
    self = try parser.document()
  }

  init(parsing bytes: some Collection<UInt8>) throws(CheckpointJSONError) {
    let copy = Array(bytes)
    let result: Result<CheckpointJSON, CheckpointJSONError> = copy.withUnsafeBytes { raw in
      do throws(CheckpointJSONError) {
        return .success(try CheckpointJSON(parsing: raw))
      } catch {
        return .failure(error)
      }
    }
    self = try result.get()
  }
}

private struct Parser {
  let bytes: UnsafeRawBufferPointer
  var index = 0
  var depth = 0

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func failure(_ problem: String, at offset: Int? = nil) -> CheckpointJSONError {
    CheckpointJSONError(problem: problem, offset: offset ?? index)
  }

  mutating func document() throws(CheckpointJSONError) -> CheckpointJSON {
    let value = try value()
    skipSpace()
    guard index == bytes.count else { throw failure("unexpected text after the value") }
    return value
  }

  /// The next byte, or 0 (which JSON never allows outside a string) at the end.
  var current: UInt8 { index < bytes.count ? bytes[index] : 0 }

  mutating func skipSpace() {
    while index < bytes.count,
      bytes[index] == 0x20 || bytes[index] == 0x0a || bytes[index] == 0x0d
        || bytes[index] == 0x09
    { index += 1 }
  }

  mutating func accept(_ byte: Character) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == byte.asciiValue else { return false }
    index += 1
    return true
  }

  mutating func value() throws(CheckpointJSONError) -> CheckpointJSON {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  mutating func word(
    _ text: String, _ value: CheckpointJSON
  ) throws(CheckpointJSONError) -> CheckpointJSON {
    guard bytes[index...].starts(with: text.utf8) else { throw failure("expected a value") }
    index += text.utf8.count
    return value
  }

  mutating func enter() throws(CheckpointJSONError) {
    index += 1
    depth += 1
    guard depth <= 100 else { throw failure("more than 100 nested levels") }
  }

  mutating func array() throws(CheckpointJSONError) -> CheckpointJSON {
    try enter()
    defer { depth -= 1 }
    var items: [CheckpointJSON] = []
    if accept("]") { return .array(items) }
    repeat { items.append(try value()) } while accept(",")
    guard accept("]") else { throw failure("expected \",\" or \"]\"") }
    return .array(items)
  }

  mutating func object() throws(CheckpointJSONError) -> CheckpointJSON {
    try enter()
    defer { depth -= 1 }
    var members: [CheckpointJSON.Member] = []
    var seen = TokenizerByteTable()
    if accept("}") { return .object(members) }
    repeat {
      skipSpace()
      let start = index
      guard current == UInt8(ascii: "\"") else { throw failure("expected a key") }
      let key = try string()
      guard seen.insert(key.utf8, 0) else {
        throw failure("the key \"\(key)\" is repeated", at: start)
      }
      guard accept(":") else { throw failure("expected \":\"") }
      members.append(.init(key: key, value: try value()))
    } while accept(",")
    guard accept("}") else { throw failure("expected \",\" or \"}\"") }
    return .object(members)
  }

  mutating func number() throws(CheckpointJSONError) -> CheckpointJSON {
    let start = index
    var isInteger = true
    func isDigit() -> Bool { current >= 0x30 && current <= 0x39 }
    func digits() -> Bool {
      guard isDigit() else { return false }
      while isDigit() { index += 1 }
      return true
    }
    if current == UInt8(ascii: "-") { index += 1 }
    if current == UInt8(ascii: "0") {
      index += 1
    } else if !digits() {
      throw failure("expected a value", at: start)
    }
    if current == UInt8(ascii: ".") {
      isInteger = false
      index += 1
      guard digits() else { throw failure("expected a digit") }
    }
    if current | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      index += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
      guard digits() else { throw failure("expected a digit") }
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw failure("a number out of range", at: start)
    }
    return .number(value)
  }

  /// A string literal; `index` is at its opening quote.
  mutating func string() throws(CheckpointJSONError) -> String {
    let start = index
    index += 1
    let body = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "\""),
      bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20
    { index += 1 }
    if current == UInt8(ascii: "\"") {
      index += 1
      return try validated(bytes[body..<index - 1], start)
    }
    var content = Array(bytes[body..<index])
    while true {
      guard index < bytes.count else { throw failure("unfinished string", at: start) }
      let byte = bytes[index]
      guard byte >= 0x20 else { throw failure("a control character in a string") }
      index += 1
      if byte == UInt8(ascii: "\"") { break }
      guard byte == UInt8(ascii: "\\") else {
        content.append(byte)
        continue
      }
      content.append(contentsOf: try escape().utf8)
    }
    return try validated(content, start)
  }

  func validated(
    _ content: some Collection<UInt8>, _ start: Int
  ) throws(CheckpointJSONError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw failure("a string that is not valid UTF-8", at: start)
    }
    return text
  }

  /// What follows a backslash.
  mutating func escape() throws(CheckpointJSONError) -> String {
    let letter = current
    index += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      var value = try hexadecimal()
      if (0xd800..<0xdc00).contains(value) {
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
          bytes[index + 1] == UInt8(ascii: "u")
        else { throw failure("a lone surrogate") }
        index += 2
        let low = try hexadecimal()
        guard (0xdc00..<0xe000).contains(low) else { throw failure("a lone surrogate") }
        value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw failure("a lone surrogate") }
      return String(Character(scalar))
    default: throw failure("an unknown escape", at: index - 1)
    }
  }

  mutating func hexadecimal() throws(CheckpointJSONError) -> UInt32 {
    guard index + 4 <= bytes.count else { throw failure("an unfinished escape") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
        throw failure("expected a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }
}
