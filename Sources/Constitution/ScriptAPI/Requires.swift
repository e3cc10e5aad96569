import LuaHost

extension ScriptLibrary {
  static var requires: FunctionSpec {
    FunctionSpec(
      name: "solon.requires",
      parameters: [
        Parameter(
          "level", .integer(1...1_000_000), "the script API level the script was written for")
      ],
      since: 1,
      example: "solon.requires(1)",
      summary: "Stops with a clear message when this program is older than the script."
    ) { context throws(ScriptError) in
      let wanted = context.arguments[0].integerValue!
      guard wanted <= level else {
        throw ScriptError(
          "this script needs script API level \(wanted), and this solon has level \(level) — "
            + "use a newer solon", at: context.location)
      }
      return .nil
    }
  }
}
