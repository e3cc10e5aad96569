@_exported public import OrderedCollections

/// A Lua value as plain data: a finite tree that can cross threads.
///
/// Integers and floats stay what they were in Lua. Functions and objects are
/// references that only their own `LuaVM` can use.
public enum LuaValue: Sendable, Hashable {
  case `nil`
  case boolean(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  indirect case table(LuaTable)
  case function(LuaFunction)
  case object(LuaObject)
}

extension LuaValue {
  /// `nil`, `boolean`, `number`, `string`, `table`, `function`, or the name of
  /// the object's type. For messages.
  public var typeName: String {
    switch self {
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .table(let table): table.kind ?? "table"
    case .function: "function"
    case .object(let object): object.typeName
    }
  }

  public var isNil: Bool { if case .nil = self { true } else { false } }

  public var boolValue: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  /// The integer, or a float that is exactly one (`4e2`).
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int64(exactly: value)
    default: nil
    }
  }

  /// The number, whether Lua held it as an integer or as a float.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The string; numbers are not converted.
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  public var tableValue: LuaTable? {
    if case .table(let value) = self { value } else { nil }
  }

  /// The elements of a table's array part; nil for anything but a table.
  public var arrayValue: [LuaValue]? { tableValue?.array }

  public var functionValue: LuaFunction? {
    if case .function(let value) = self { value } else { nil }
  }

  public var objectValue: LuaObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The value as a message quotes it: strings in quotes and cut to 40
  /// characters, tables by their kind.
  public var summary: String {
    switch self {
    case .nil: return "nil"
    case .boolean(let value): return String(value)
    case .integer(let value): return String(value)
    case .number(let value): return String(value)
    case .string(let value):
      let text = escapingControls(in: String(value.prefix(40)))
      return value.count > 40 ? "'\(text)…'" : "'\(text)'"
    default: return typeName
    }
  }
}

extension LuaValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .nil }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: LuaValue...) {
    self = .table(LuaTable(array: elements))
  }
  /// A table with these fields, in this order.
  public init(dictionaryLiteral elements: (String, LuaValue)...) {
    self = .table(
      LuaTable(fields: OrderedDictionary(uniqueKeysWithValues: elements)))
  }
}
