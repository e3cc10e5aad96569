import Foundation
import LuaHost

/// One `--set path=value`, such as `stages.ppo.iterations=5`.
public struct Override: Sendable, Hashable {
  public var path: [String]
  /// The value as given; numbers, `true`, `false` and text.
  public var value: String

  /// Parses `path=value`; nil when there is no `=` or an empty path.
  public init?(_ argument: String) {
    guard let equals = argument.firstIndex(of: "=") else { return nil }
    path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(
      String.init)
    value = String(argument[argument.index(after: equals)...])
    guard path.allSatisfy({ !$0.isEmpty }) else { return nil }
  }

  var luaValue: LuaValue {
    if let integer = Int64(value) { return .integer(integer) }
    if let number = Double(value) { return .number(number) }
    switch value {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: return .string(value)
    }
  }

  /// Sets the field, making tables on the way where there are none; the schema
  /// then says whether such a field exists.
  func apply(to table: inout LuaTable) throws(ScriptError) {
    try set(in: &table, path[...])
  }

  private func set(in table: inout LuaTable, _ rest: ArraySlice<String>) throws(ScriptError) {
    let name = rest.first!
    guard rest.count > 1 else {
      table.fields[name] = luaValue
      return
    }
    switch table.fields[name] {
    case nil:
      var inner = LuaTable()
      try set(in: &inner, rest.dropFirst())
      table.fields[name] = .table(inner)
    case .table(var inner)?:
      try set(in: &inner, rest.dropFirst())
      table.fields[name] = .table(inner)
    default:
      throw ScriptError(
        "--set \(path.joined(separator: "."))=\(value): '\(name)' is a value, not a table", at: nil,
        path: path.joined(separator: "."), reason: .schema)
    }
  }
}

extension [Override] {
  /// The table with these changes, checked again by its schema, so that a path
  /// which does not exist or a value out of range is an error.
  func applied(to table: LuaTable, schema: Schema) throws(ScriptError) -> LuaTable {
    guard !isEmpty else { return table }
    var table = table
    for override in self { try override.apply(to: &table) }
    return try schema.validate(table, path: schema.name)
  }
}
