import Foundation

/// Writes values for people to read: tables on one line where they fit and
/// indented where they do not, tagged tables by what they are, and of anything
/// long a beginning and the number of parts left out.
public struct PrettyPrinter: Sendable, Hashable {
  /// Columns that a line should not pass.
  public var width: Int
  /// Levels of nested tables that are written out.
  public var depth: Int
  /// Elements and fields of one table that are written out.
  public var entries: Int
  /// Characters of one string in a table that are written out.
  public var characters: Int

  public init(width: Int = 80, depth: Int = 4, entries: Int = 24, characters: Int = 240) {
    self.width = width
    self.depth = depth
    self.entries = entries
    self.characters = characters
  }

  /// The value as a session shows it, without a line break at the end.
  ///
  /// A string is written as it is, line breaks included, with other control
  /// characters escaped. A tagged table is described by its fields.
  ///
  /// - Parameter used: columns already taken of the first line.
  public func text(_ value: LuaValue, after used: Int = 0) -> String {
    switch value {
    case .string(let text): return escapingControls(in: text, keepingLines: true)
    case .table(let table) where table.kind != nil: return description(of: table, after: used)
    default: return block(value, indent: 0, used: used, depth: depth)
    }
  }

  /// The value on one line of at most `room` characters, or its beginning.
  public func line(_ value: LuaValue, room: Int) -> String {
    if let text = flat(value, depth: depth, room: room) { return text }
    if case .string(let text) = value {
      return quoted(text, at: max(1, room - 20))
    }
    return scalar(value) ?? contents(of: value)
  }

  // MARK: Scalars

  /// Anything that is no plain table, on one line; nil for a plain table.
  private func scalar(_ value: LuaValue) -> String? {
    switch value {
    case .nil: return "nil"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .number(let number): return Self.text(number)
    case .string(let text): return quoted(text, at: characters)
    case .function(let function):
      return "function (\(function.location?.description ?? "built in"))"
    case .object(let object): return "\(object.typeName) object"
    case .table(let table):
      guard table.kind != nil else { return nil }
      return title(of: table)
    }
  }

  /// A float as Lua's `tostring` writes it: 14 digits, `.0` on whole numbers.
  static func text(_ number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      let count = withVaList([number]) { vsnprintf(buffer.baseAddress!, 64, "%.14g", $0) }
      return String(
        decoding: UnsafeRawBufferPointer(buffer).prefix(Int(count)), as: UTF8.self)
    }
    return text.allSatisfy { $0.isNumber || $0 == "-" } ? text + ".0" : text
  }

  /// The string as Lua text, and how much of it is missing.
  private func quoted(_ text: String, at limit: Int) -> String {
    var result = "\""
    var rest = 0
    for (index, character) in text.enumerated() {
      if index >= limit {
        rest += 1
        continue
      }
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\t": result += "\\t"
      case "\r\n": result += "\\r\\n"
      case "\r": result += "\\r"
      default: result += escapingControls(in: String(character))
      }
    }
    return result + "\"" + (rest > 0 ? "… \(rest) more" : "")
  }

  // MARK: Plain tables

  /// The parts of a table that are written out, as `key = ` and value, and the
  /// number of the rest.
  private func parts(of table: LuaTable) -> (shown: [(String, LuaValue)], left: Int) {
    var shown = table.array.prefix(entries).map { ("", $0) }
    for (key, value) in table.fields.elements.prefix(entries - shown.count) {
      let name = Self.isName(key) ? key : "[\(quoted(key, at: characters))]"
      shown.append((name + " = ", value))
    }
    return (shown, table.array.count + table.fields.count - shown.count)
  }

  /// Whether `key` can be written as a field's name.
  public static func isName(_ key: String) -> Bool {
    guard let first = key.utf8.first, !(48...57).contains(first) else { return false }
    return key.utf8.allSatisfy { byte in
      byte == 95 || (48...57).contains(byte) || (65...90).contains(byte)
        || (97...122).contains(byte)
    } && !keywords.contains(key)
  }

  /// The words that Lua keeps for itself.
  public static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
    "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]

  /// A table that is too deep to be written out.
  private func contents(of value: LuaValue) -> String {
    guard let table = value.tableValue else { return "" }
    let count = table.array.count + table.fields.count
    return count == 0 ? "{}" : "{ … \(count) more }"
  }

  /// The value on one line of at most `room` characters; nil when it needs
  /// more. Gives up early, so a large table costs no more than a line does.
  private func flat(_ value: LuaValue, depth: Int, room: Int) -> String? {
    if let text = scalar(value) { return text.count <= room ? text : nil }
    guard let table = value.tableValue, depth > 0, !(table.array.isEmpty && table.fields.isEmpty)
    else {
      let text = contents(of: value)
      return text.count <= room ? text : nil
    }
    var text = "{ "
    let (shown, left) = parts(of: table)
    for (index, (key, value)) in shown.enumerated() {
      if index > 0 { text += ", " }
      text += key
      guard let part = flat(value, depth: depth - 1, room: room - text.count - 2) else {
        return nil
      }
      text += part
    }
    if left > 0 { text += ", … \(left) more" }
    text += " }"
    return text.count <= room ? text : nil
  }

  /// The value at a place where `used` columns of the line are taken, going on
  /// below at `indent`.
  private func block(_ value: LuaValue, indent: Int, used: Int, depth: Int) -> String {
    // A comma follows a part of a table.
    if let text = flat(value, depth: depth, room: width - used - (indent > 0 ? 1 : 0)) {
      return text
    }
    guard let table = value.tableValue, table.kind == nil, depth > 0 else {
      return scalar(value) ?? contents(of: value)
    }
    let inner = String(repeating: " ", count: indent + 2)
    let (shown, left) = parts(of: table)
    var text = "{\n"
    for (key, value) in shown {
      text += inner + key
      text += block(
        value, indent: indent + 2, used: indent + 2 + key.count, depth: depth - 1)
      text += ",\n"
    }
    if left > 0 { text += inner + "… \(left) more\n" }
    return text + String(repeating: " ", count: indent) + "}"
  }

  // MARK: Tagged tables

  /// `constitution 'harmless'`.
  private func title(of table: LuaTable) -> String {
    let kind = table.kind ?? "table"
    if let name = table["name"].stringValue { return "\(kind) '\(escapingControls(in: name))'" }
    return table.location.map { "\(kind) (\($0))" } ?? kind
  }

  /// The title, and each field in a few words: lists by their length, functions
  /// by their name.
  private func description(of table: LuaTable, after used: Int) -> String {
    var phrases: [String] = []
    var functions: [String] = []
    if !table.array.isEmpty { phrases.append("\(table.array.count) elements") }
    for (name, value) in table.fields where name != "name" {
      if case .function = value {
        functions.append(name)
      } else {
        phrases.append(phrase(name, value))
      }
    }
    if !functions.isEmpty {
      phrases.append(
        (functions.count == 1 ? "function " : "functions ") + functions.joined(separator: ", "))
    }
    guard !phrases.isEmpty else { return title(of: table) }
    return filled(title(of: table) + ":", phrases, after: used)
  }

  private func phrase(_ field: String, _ value: LuaValue) -> String {
    let words = field.replacingOccurrences(of: "_", with: " ")
    guard let table = value.tableValue else {
      return "\(words) \(line(value, room: 60))"
    }
    if table.kind != nil { return title(of: table) }
    if table.fields.isEmpty {
      let one = table.array.count == 1 && words.hasSuffix("s")
      return "\(table.array.count) \(one ? String(words.dropLast()) : words)"
    }
    let names = table.fields.elements.prefix(entries).map { name, value in
      let count = value.tableValue?.array.count ?? 0
      return count > 0 ? "\(name) (\(count))" : name
    }
    let left = table.fields.count - names.count
    return "\(words) " + names.joined(separator: ", ") + (left > 0 ? ", … \(left) more" : "")
  }

  /// Phrases set into lines of the width, broken between words.
  private func filled(_ start: String, _ phrases: [String], after used: Int) -> String {
    var lines: [String] = []
    var line = start
    var column = used + start.count
    for word in phrases.joined(separator: "; ").split(separator: " ") {
      if column + 1 + word.count > width {
        lines.append(line)
        line = " "
        column = 1
      }
      line += " " + word
      column += 1 + word.count
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
