import Constitution
import Foundation
import LuaHost

/// A project directory to import into, with the five files in words of our own.
final class ImportProject {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-import-\(UUID().uuidString)", isDirectory: true)
    for folder in ["prompts", "constitutions"] {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    for (name, text) in files { try write("prompts/\(name)", text) }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: root.appendingPathComponent(name))
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
  }

  func solon(_ arguments: String...) throws -> SolonProcess.Outcome {
    try SolonProcess.run(arguments, in: root)
  }

  func load(_ name: String) throws -> LuaTable {
    let vm = try LuaVM(
      projectRoot: root, library: ScriptLibrary.functions(root: root),
      objectTypes: ScriptLibrary.objects)
    guard let table = try vm.load(file: root.appendingPathComponent(name)).tableValue else {
      throw ScriptError(message: "\(name) returned no table")
    }
    return table
  }

  /// Everything below `constitutions`.
  func written() throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: root.appendingPathComponent("constitutions").path)
  }

  private let files = [
    "CritiqueRevisionInstructions.json": #"""
    {"harmful0": {"prompt": ["\n\nCritiqueRequest: Is it rude?\n\nCritique:"],
      "edit_request": "\n\nRevisionRequest: Make it kind.\n\nRevision:"}}
    """#,
    "CritiqueRevisionFewShotPrompts.json": #"""
    ["\n\nHuman: Hm?\n\nAssistant: No.\n\nCritiqueRequest: Is it?\n\nCritique: It is.\n\nRevisionRequest: Mend.\n\nRevision: Not yet.\n\nHuman:"]
    """#,
    "RLMadisonInstructions.json": #"["\nChoose the kinder. Options:"]"#,
    "RLMadisonFewShotPrompts.json": #"""
    [{"prompt": "\n\nHuman: Hm?\n\nAssistant:", "corrects": ["Yes."], "incorrects": ["No."]}]
    """#,
    "RLMadisonPrecogFewShotPrompts.json": #"""
    [{"prompt": "Human: Consider this:\n\nH: Hm?\n\n{}\n (A) [[[a]]]\n (B) [[[b]]]\n\nAssistant: Let's think step by step: so.\n\nHuman:\nSo the answer is: (B)"}]
    """#,
  ]
}
