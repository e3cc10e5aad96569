import LuaHost

/// Reading fields of a table that a `Schema` has already checked. A missing or
/// mistyped field here is an error in our schema, not in the script.
extension LuaTable {
  func text(_ name: String) -> String {
    guard let value = optionalText(name) else { mismatch(name, "string") }
    return value
  }

  func optionalText(_ name: String) -> String? {
    self[name].stringValue
  }

  func int(_ name: String) -> Int {
    guard let value = optionalInt(name) else { mismatch(name, "integer") }
    return value
  }

  func optionalInt(_ name: String) -> Int? {
    self[name].integerValue.map { Int($0) }
  }

  func real(_ name: String) -> Double {
    guard let value = optionalReal(name) else { mismatch(name, "number") }
    return value
  }

  func optionalReal(_ name: String) -> Double? {
    self[name].doubleValue
  }

  func flag(_ name: String) -> Bool {
    guard let value = self[name].boolValue else { mismatch(name, "boolean") }
    return value
  }

  func table(_ name: String) -> LuaTable {
    guard let value = optionalTable(name) else { mismatch(name, "table") }
    return value
  }

  func optionalTable(_ name: String) -> LuaTable? {
    self[name].tableValue
  }

  func optionalFunction(_ name: String) -> LuaFunction? {
    self[name].functionValue
  }

  /// The list of strings in field `name`; empty when absent.
  func texts(_ name: String) -> [String] {
    (optionalTable(name)?.array ?? []).compactMap(\.stringValue)
  }

  /// The list of tables in field `name`; empty when absent.
  func tables(_ name: String) -> [LuaTable] {
    (optionalTable(name)?.array ?? []).compactMap(\.tableValue)
  }

  private func mismatch(_ name: String, _ type: String) -> Never {
    preconditionFailure("schema let '\(name)' pass without a \(type)")
  }
}
