import Foundation
public import LuaHost

extension LuaTable {
  /// The table as JSON with sorted keys: lists as arrays, functions as where
  /// they are defined. For records, not for reading back.
  public var json: String {
    let object = LuaValue.table(self).jsonObject
    let data = try? JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}

extension LuaValue {
  fileprivate var jsonObject: Any {
    switch self {
    case .nil: return NSNull()
    case .boolean(let value): return value
    case .integer(let value): return value
    case .number(let value): return value.isFinite ? value : String(value)
    case .string(let value): return value
    case .function(let function):
      return "function \(function.location.map(\.description) ?? "of the host")"
    case .object(let object): return object.typeName
    case .table(let table):
      if table.fields.isEmpty { return table.array.map(\.jsonObject) }
      var object: [String: Any] = [:]
      for (name, value) in table.fields { object[name] = value.jsonObject }
      for (index, value) in table.array.enumerated() {
        object[String(index + 1)] = value.jsonObject
      }
      return object
    }
  }
}
