import Constitution
import Foundation
import LuaHost

/// A project directory with these files, and a machine that loads from it.
final class ScriptProject {
  let root: URL
  let vm: LuaVM

  init(_ files: [String: String]) throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-scripts-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for (name, text) in files {
      try Data(text.utf8).write(to: root.appendingPathComponent(name))
    }
    vm = try LuaVM(
      projectRoot: root, library: ScriptLibrary.functions(root: root),
      objectTypes: ScriptLibrary.objects)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func load(_ name: String) throws -> LuaTable {
    guard let table = try vm.load(file: root.appendingPathComponent(name)).tableValue else {
      throw ScriptError(message: "\(name) returned no table")
    }
    return table
  }

  /// The error that loading ends in.
  func failure(_ name: String) -> ScriptError? {
    do {
      _ = try vm.load(file: root.appendingPathComponent(name))
      return nil
    } catch {
      return error
    }
  }

  static func constitution(_ extra: String = "", reward: String = "") -> String {
    """
    return solon.constitution {
      name = "small",
      revision_principles = {
        { id = "one", critique = "Say what is wrong.", revision = "Put it right." },
        { id = "two", weight = 3, critique = "Find fault.", revision = "Mend it." },
      },
      preference_principles = { { id = "better", text = "Choose the better." } },
      templates = {
        critique = "Q {{prompt}} R {{response}} {{ principle.critique }}",
        revision = "{{critique}} {{principle.revision}}",
        compare = "{{a}}|{{b}}|{{principle.text}}",
      },
      \(extra)
    }
    """
  }
}
