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

  func apply(to table: inout LuaTable) throws(ScriptError) {
    guard table.set(path[...], to: luaValue) else {
      throw ScriptError(
        "--set \(path.joined(separator: "."))=\(value): what the path leads through is a value, "
          + "not a table", at: nil, path: path.joined(separator: "."), reason: .schema)
    }
  }
}

extension LuaTable {
  /// Sets the field at `path`, making tables on the way where there are none; the
  /// schema then says whether such a field exists. Returns false when something on
  /// the way is no table.
  mutating func set(_ path: ArraySlice<String>, to value: LuaValue) -> Bool {
    guard let name = path.first else { return false }
    guard path.count > 1 else {
      self[name] = value
      return true
    }
    var inner = LuaTable()
    switch fields[name] {
    case nil: break
    case .table(let table)?: inner = table
    default: return false
    }
    guard inner.set(path.dropFirst(), to: value) else { return false }
    fields[name] = .table(inner)
    return true
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
