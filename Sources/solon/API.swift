import ArgumentParser
import Constitution
import Foundation
import Inference
import LuaHost
import Session

struct API: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "api",
    abstract: "Print what scripts can use: editor types, the reference page, or the record.",
    discussion: "scripts/generate-api writes all three to where they belong.")

  enum Form: String, ExpressibleByArgument, CaseIterable {
    /// For the Lua language server.
    case types
    /// Markdown.
    case page
    /// Names and types of this level, as JSON.
    case record
  }

  @Argument(help: "types, page or record.")
  var form: Form

  func run() throws {
    let reference = ScriptReference.solon(root: URL(fileURLWithPath: "."))
    let command = "scripts/generate-api"
    let text =
      switch form {
      case .types: reference.editorTypes(writtenBy: command)
      case .page: reference.page(writtenBy: command)
      case .record: reference.record.json
      }
    FileHandle.standardOutput.write(Data(text.utf8))
  }
}

extension ScriptReference {
  /// Everything that scripts, tests and sessions can use; only described here,
  /// nothing of it can be called.
  static func solon(root: URL) -> ScriptReference {
    let session = SessionLibrary(
      root: root, runsDirectory: root, cancellation: Cancellation(), observer: SilentObserver(),
      width: { 80 }
    ) { _, _, _ in
      preconditionFailure("a reference starts no runs")
    }
    return ScriptReference(
      namespace: "solon", level: ScriptLibrary.level,
      sections: ScriptLibrary.sections(root: root) + session.sections)
  }
}
