/// A JSON value with the order of its members kept and strings compared exactly.
///
/// Foundation's reader is not used for these files: a dictionary of `String`
/// merges keys that are canonically equivalent, which are different tokens, and
/// it drops repeated keys without a word.
enum CheckpointJSON: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// A number without fraction or exponent that fits 64 bits.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([CheckpointJSON])
  case object([Member])

  struct Member: Hashable, Sendable {
    let key: String
    let value: CheckpointJSON
  }

  /// The member of an object, or nil: also for a null, as for an absent one.
  subscript(key: String) -> CheckpointJSON? {
    guard case .object(let members) = self,
      let value = members.first(where: { $0.key.utf8.elementsEqual(key.utf8) })?.value,
      value != .null
    else { return nil }
    return value
  }

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }
  var integer: Int? {
    if case .integer(let value) = self { value } else { nil }
  }
  var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }
  var array: [CheckpointJSON]? {
    if case .array(let value) = self { value } else { nil }
  }
  var members: [Member]? {
    if case .object(let value) = self { value } else { nil }
  }
}

extension CheckpointJSON {
  /// The value as text, members in their order. In the `indentedDepth` outer
  /// levels each member stands on its own line.
  func text(indentedDepth: Int = 0) -> String {
    var out = ""
    write(into: &out, depth: 0, indentedDepth: indentedDepth)
    return out
  }

  private func write(into out: inout String, depth: Int, indentedDepth: Int) {
    func separated<Item>(
      _ items: [Item], _ open: String, _ close: String, _ body: (Item, inout String) -> Void
    ) {
      let indents = depth < indentedDepth && !items.isEmpty
      out += open
      for (index, item) in items.enumerated() {
        if index > 0 { out += "," }
        if indents { out += "\n" + String(repeating: " ", count: 2 * depth + 2) }
        body(item, &out)
      }
      if indents { out += "\n" + String(repeating: " ", count: 2 * depth) }
      out += close
    }
    switch self {
    case .null: out += "null"
    case .boolean(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .number(let value): out += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.quote(value, into: &out)
    case .array(let items):
      separated(items, "[", "]") {
        $0.write(into: &$1, depth: depth + 1, indentedDepth: indentedDepth)
      }
    case .object(let members):
      separated(members, "{", "}") { member, out in
        Self.quote(member.key, into: &out)
        out += depth < indentedDepth ? ": " : ":"
        member.value.write(into: &out, depth: depth + 1, indentedDepth: indentedDepth)
      }
    }
  }

  private static func quote(_ text: String, into out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
