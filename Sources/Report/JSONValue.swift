internal import Foundation

/// A JSON value that keeps the order of its members.
indirect enum JSONValue {
  case null
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])
  /// Text that is known to be JSON.
  case verbatim(String)

  static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
  static func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
  static func optional(_ value: Int?) -> JSONValue {
    value.map { .integer(Int64($0)) } ?? .null
  }

  /// Text that ought to be JSON: itself if it is, a string if not.
  static func parsed(_ text: String?) -> JSONValue {
    guard let text else { return .null }
    let options: JSONSerialization.ReadingOptions = [.fragmentsAllowed]
    let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: options)
    return value == nil ? .string(text) : .verbatim(text)
  }

  /// The value as text; members on lines of their own.
  ///
  /// Numbers read back as the same doubles; NaN and the infinities, which JSON
  /// lacks, are `null`. Control characters and those that change the direction
  /// of writing are escaped, so that the text is safe on a terminal.
  func text(indentation: Int = 0) -> String {
    let inner = String(repeating: "  ", count: indentation + 1)
    let outer = String(repeating: "  ", count: indentation)
    switch self {
    case .null: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .integer(let value): return "\(value)"
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .string(let text): return JSONValue.quoted(text)
    case .verbatim(let text): return JSONValue.escaped(text)
    case .array(let values):
      if values.isEmpty { return "[]" }
      let items = values.map { inner + $0.text(indentation: indentation + 1) }
      return "[\n\(items.joined(separator: ",\n"))\n\(outer)]"
    case .object(let members):
      if members.isEmpty { return "{}" }
      let items = members.map { name, value in
        "\(inner)\(JSONValue.quoted(name)): \(value.text(indentation: indentation + 1))"
      }
      return "{\n\(items.joined(separator: ",\n"))\n\(outer)}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default: append(scalar, to: &result)
      }
    }
    return result + "\""
  }

  /// JSON text with the unsafe characters of its strings escaped; outside
  /// strings JSON has none but tabs and line ends, which stay.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\r" || scalar == "\t" {
        result.unicodeScalars.append(scalar)
      } else {
        append(scalar, to: &result)
      }
    }
    return result
  }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    if TerminalText.isUnsafe(scalar) {
      text += String(format: "\\u%04x", scalar.value)
    } else {
      text.unicodeScalars.append(scalar)
    }
  }
}
