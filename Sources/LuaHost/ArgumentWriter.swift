import CLuaHost

/// Writes the arguments of one call straight into the state's input buffer,
/// without making a `LuaValue` tree first: for callbacks that are called once
/// for every item.
///
/// What is written must be complete: as many values, elements and fields as were
/// announced.
public struct ArgumentWriter {
  var encoder: ValueEncoder

  init(_ machine: LuaVM) { encoder = ValueEncoder(machine) }

  /// Begins a table: its elements follow, then its fields.
  public mutating func table(elements: Int = 0, fields: Int = 0) throws(ScriptError) {
    try encoder.beginTable(elements: elements, fields: fields)
  }

  public mutating func value(_ value: LuaValue) throws(ScriptError) {
    try encoder.append(value)
  }

  public mutating func value(_ value: SharedValue) throws(ScriptError) {
    try encoder.append(value)
  }

  public mutating func value(_ value: Double) throws(ScriptError) {
    try encoder.append(value)
  }

  /// The name of the next value, which is a field.
  public mutating func name(_ name: StaticString) throws(ScriptError) {
    try encoder.append(name)
  }

  // MARK: Fields

  public mutating func field(_ name: StaticString, _ value: Double) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(value)
  }

  public mutating func field(_ name: StaticString, _ value: Int) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(.integer(Int64(value)))
  }

  public mutating func field(_ name: StaticString, _ value: Bool) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(.boolean(value))
  }

  public mutating func field(_ name: StaticString, _ value: String) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(value)
  }

  public mutating func field(_ name: StaticString, _ value: LuaValue) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(value)
  }

  public mutating func field(_ name: StaticString, _ value: SharedValue) throws(ScriptError) {
    try encoder.append(name)
    try encoder.append(value)
  }
}

/// A value that lives in the state, read-only in scripts, and is handed to any
/// number of calls without being copied. Only the `LuaVM` that made it can use
/// it.
public struct SharedValue: Sendable {
  let reference: FunctionReference
}

extension LuaVM {
  /// Copies a value into the state once, for all calls to come.
  public func share(_ value: LuaValue) throws(ScriptError) -> SharedValue {
    enter()
    defer { leave() }
    var encoder = ValueEncoder(self)
    try encoder.append(value)
    var id: Int64 = 0
    let status = lh_share(host, &id)
    guard status == LH_OK else { throw failure(status, budget: limits.loadInstructions) }
    return SharedValue(
      reference: FunctionReference(id: id, location: nil, released: released))
  }
}
