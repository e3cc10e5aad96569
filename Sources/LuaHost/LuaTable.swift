/// A Lua table as data: elements 1...n and string fields.
///
/// A table read from Lua has its fields sorted by their UTF-8 bytes, because
/// Lua keeps no other order. A table made by the host keeps the order it was
/// given, but a script iterates it sorted all the same.
public struct LuaTable: Sendable {
  /// The elements with keys 1...n.
  public var array: [LuaValue]
  /// The elements with string keys. A field holding `.nil` is written to Lua as
  /// an absent field.
  public var fields: OrderedDictionary<String, LuaValue>
  /// What the table is, such as `constitution`; nil for a plain table. Tagged
  /// tables are read-only in scripts, and so is everything inside them.
  public var kind: String?
  /// Where the function that tagged the table was called.
  public var location: SourceLocation?

  public init(
    array: [LuaValue] = [], fields: OrderedDictionary<String, LuaValue> = [:],
    kind: String? = nil, location: SourceLocation? = nil
  ) {
    self.array = array
    self.fields = fields
    self.kind = kind
    self.location = location
  }

  /// The field `name`, `.nil` when absent. Assigning `.nil` removes it.
  public subscript(name: String) -> LuaValue {
    get { fields[name] ?? .nil }
    set {
      if newValue.isNil {
        fields.removeValue(forKey: name)
      } else {
        fields[name] = newValue
      }
    }
  }

  /// The same table marked as a `kind`, made at `location`.
  public func tagged(_ kind: String, at location: SourceLocation?) -> LuaTable {
    var copy = self
    copy.kind = kind
    copy.location = location
    return copy
  }
}

extension LuaTable: Hashable {
  /// Equal contents and kind; the location and the order of fields do not
  /// count.
  public static func == (a: LuaTable, b: LuaTable) -> Bool {
    guard a.array == b.array, a.kind == b.kind,
      a.fields.count == b.fields.count
    else { return false }
    return a.fields.allSatisfy { b.fields[$0.key] == $0.value }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(array)
    hasher.combine(kind)
    hasher.combine(fields.count)
  }
}
