import LuaHost

/// What a session can call beyond Lua's own names. Registration, `:help` and
/// completion all come from these values.
struct ReplLibrary {
  /// Functions below `solon.`, by their full names.
  var functions: [FunctionSpec]
  var objects: [ObjectSpec]

  /// Every function and method by the name that `:help` knows it by:
  /// `solon.jsonl`, `rng:choice`.
  var entries: [(name: String, spec: FunctionSpec)] {
    functions.map { ($0.name, $0) }
      + objects.flatMap { object in
        object.methods.map { ("\(object.name):\($0.name)", $0) }
      }
  }
}
