public import KeyedRandom
public import LuaHost

/// The document function of a pretraining script.
public final class PretrainingHooks {
  private let vm: LuaVM
  private let function: LuaFunction

  public init(vm: LuaVM, document: LuaFunction) {
    self.vm = vm
    function = document
  }

  /// Changes exactly when the document function, or what it refers to, does.
  public func fingerprint() throws(ScriptError) -> String {
    try vm.fingerprint(of: function)
  }

  /// Document `index` of the stream. `progress` is in [0, 1].
  public func document(
    _ index: Int, progress: Double, key: RandomKey
  ) throws(ScriptError) -> String {
    let activity = Activity("document", index, "", "")
    let result = try vm.call(
      function,
      [ScriptRandom.object(key), .integer(Int64(index + 1)), .number(progress)],
      activity: activity)
    guard let text = result.stringValue, !text.isEmpty else {
      throw ScriptError(
        "document: expected a non-empty string, got \(result.summary)",
        at: function.location, context: activity.description)
    }
    return text
  }
}
