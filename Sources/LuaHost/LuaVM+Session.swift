import CLuaHost

/// What a prompt needs besides `evaluate`: to define globals, and to look at
/// values without running anything.
extension LuaVM {
  /// What completion knows about a value.
  public struct Outline: Sendable, Hashable {
    /// As `LuaValue.typeName`.
    public var typeName: String
    /// The names that can follow a dot or a colon after it: string keys and
    /// methods, sorted by their bytes, those found through `__index` tables
    /// included.
    public var names: [String]
  }

  /// Describes what `path` leads to from the session's globals; all globals for
  /// an empty path, nil where the path leads nowhere.
  ///
  /// Access is raw: no metamethod runs, nor does a function.
  public func outline(at path: [FieldStep]) -> Outline? {
    enter()
    defer { leave() }
    var result = lh_result()
    do throws(ScriptError) {
      var encoder = ValueEncoder(self)
      for step in path {
        switch step {
        case .field(let name): try encoder.append(name)
        case .element(let number): try encoder.append(.integer(Int64(number)))
        }
      }
    } catch {
      return nil
    }
    guard lh_outline(host, Int32(path.count), &result) == LH_OK, result.count > 0
    else { return nil }
    var decoder = ValueDecoder(self, result.bytes)
    let typeName = decoder.string()
    return Outline(
      typeName: typeName, names: (1..<result.count).map { _ in decoder.string() })
  }

  /// The names that can follow `path`; none where it leads nowhere.
  public func names(at path: [FieldStep]) -> [String] {
    outline(at: path)?.names ?? []
  }

  /// Makes `value` a global of the session, in place of one with that name.
  public func define(_ name: String, _ value: LuaValue) throws(ScriptError) {
    enter()
    defer { leave() }
    var encoder = ValueEncoder(self)
    try encoder.append(name)
    try encoder.append(value)
    let status = lh_define(host)
    guard status == LH_OK else { throw failure(status, budget: 0) }
  }

  /// Instructions that the last outermost call was charged, to the nearest
  /// `Limits.instructionStep` below.
  public var instructionsOfLastCall: Int {
    checkThread()
    return Int(lh_last_cost(host))
  }
}
