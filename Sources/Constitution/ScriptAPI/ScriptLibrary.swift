public import Foundation
public import LuaHost

/// Everything a script can call, each function defined once.
public enum ScriptLibrary {
  /// The level of the script API. It rises when something is added; scripts
  /// ask for one with `solon.requires`.
  public static let level = 1

  /// The functions in `solon`, reading files below `root` only.
  public static func functions(root: URL) -> [FunctionSpec] {
    [requires, constitution, experiment, pretraining, probes, jsonl(root: root)]
  }

  /// The types of object that callbacks are given.
  public static var objects: [ObjectSpec] { [ScriptRandom.spec] }
}
