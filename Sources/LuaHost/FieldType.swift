/// The type of a field, an element or an argument.
public indirect enum FieldType: Sendable {
  case boolean
  /// An integer in the range; a float that is exactly an integer is accepted.
  case integer(ClosedRange<Int64>)
  /// A finite number in the range. Numeric strings are not numbers.
  case number(ClosedRange<Double>)
  case string
  case nonEmptyString
  /// One of these strings.
  case choice([String])
  /// A table with elements only, each of the type.
  case array(of: FieldType)
  /// A table with string keys only, each value of the type.
  case map(of: FieldType)
  /// A table with exactly the fields of the schema.
  case record(Schema)
  /// A table made by the constructor of that kind (`solon.constitution`).
  case tagged(String)
  /// A function, described when it is one the host calls.
  case function(Callback?)
  /// A host object of the type with that name.
  case object(String)
  /// The first of these that fits.
  case anyOf([FieldType])
  case any
}

extension FieldType {
  /// Any integer.
  public static var integer: FieldType { .integer(Int64.min...Int64.max) }
  /// Any function.
  public static var function: FieldType { .function(nil) }
  /// Any finite number.
  public static var number: FieldType {
    .number(
      -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
  }

  /// The type in words, for messages: `integer`, `list of string`.
  public var name: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .nonEmptyString: "non-empty string"
    case .choice(let names):
      "one of " + names.map { "'\($0)'" }.joined(separator: ", ")
    case .array(let element): "list of \(element.name)"
    case .map(let value): "table of \(value.name)"
    case .record(let schema): schema.name
    case .tagged(let kind): kind
    case .function: "function"
    case .object(let name): name
    case .anyOf(let types): types.map(\.name).joined(separator: " or ")
    case .any: "any value"
    }
  }

  /// The type as editor annotations write it (LuaLS): `string[]`.
  public var annotation: String {
    switch self {
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string, .nonEmptyString: "string"
    case .choice(let names):
      names.map { "\"\($0)\"" }.joined(separator: "|")
    case .array(.anyOf(let types)):
      "(" + FieldType.anyOf(types).annotation + ")[]"
    case .array(.choice(let names)):
      "(" + FieldType.choice(names).annotation + ")[]"
    case .array(let element): element.annotation + "[]"
    case .map(let value): "table<string, \(value.annotation)>"
    case .record(let schema): schema.annotation
    case .tagged(let kind): "solon.\(kind)"
    case .function(let callback): callback?.annotation ?? "function"
    case .object(let name): "solon.\(name)"
    // A function type reaches as far to the right as it can.
    case .anyOf(let types):
      types.map { type in
        if case .function(.some) = type { return "(\(type.annotation))" }
        return type.annotation
      }.joined(separator: "|")
    case .any: "any"
    }
  }

  /// The allowed interval such as `[0, 1]`, nil when unbounded.
  public var rangeDescription: String? {
    switch self {
    case .integer(let range):
      rangeText(
        range.lowerBound == .min ? nil : String(range.lowerBound),
        range.upperBound == .max ? nil : String(range.upperBound))
    case .number(let range):
      rangeText(
        range.lowerBound == -Double.greatestFiniteMagnitude
          || range.lowerBound == -.infinity ? nil : text(range.lowerBound),
        range.upperBound == Double.greatestFiniteMagnitude
          || range.upperBound == .infinity ? nil : text(range.upperBound))
    default: nil
    }
  }

  private func rangeText(_ low: String?, _ high: String?) -> String? {
    switch (low, high) {
    case (nil, nil): nil
    case (let low?, nil): "at least \(low)"
    case (nil, let high?): "at most \(high)"
    case (let low?, let high?): "[\(low), \(high)]"
    }
  }
}

/// A double as a person writes it: `1`, not `1.0`.
func text(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
  return String(value)
}
