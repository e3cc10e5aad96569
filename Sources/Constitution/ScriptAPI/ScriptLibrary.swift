public import Foundation
public import LuaHost

/// Everything a script can call, each function defined once.
public enum ScriptLibrary {
  /// The level of the script API. It rises when something is added; scripts
  /// ask for one with `solon.requires`.
  public static let level = 1

  /// The functions in `solon`, reading files below `root` only, and the objects
  /// that callbacks and tests are given, as the reference arranges them.
  public static func sections(root: URL) -> [ScriptReference.Section] {
    [
      .init(
        "Definitions",
        "A file returns what one of these makes. The table is checked at once and read-only "
          + "from then on.",
        functions: [requires, constitution, experiment, ablation, pretraining, probes]),
      .init("Data", "Files below the project's root.", functions: [jsonl(root: root)]),
      .init(
        "Arithmetic", "For `label` and `reward` functions.", functions: statistics),
      .init(
        "Random numbers",
        "`ctx.rng`, and the argument of functions that draw items. Valid during the call.",
        objects: [ScriptRandom.spec]),
      .init(
        "Tests", "`solon check` runs the `*_test.lua` beside every script it loads.",
        functions: [ScriptTest.function], objects: [ScriptTest.spec]),
    ]
  }

  /// Every function of every section.
  public static func functions(root: URL) -> [FunctionSpec] {
    sections(root: root).flatMap(\.functions)
  }

  /// The types of object that callbacks and tests are given.
  public static var objects: [ObjectSpec] { [ScriptRandom.spec, ScriptTest.spec] }
}
