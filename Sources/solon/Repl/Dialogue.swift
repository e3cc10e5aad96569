import Foundation
import LuaHost

/// A session on a terminal: prompts, edited lines, Ctrl-C and Ctrl-D.
struct Dialogue {
  let session: ReplSession
  let editor: LineEditor
  let history: LineHistory

  static func greet(_ output: ReplSession.Output) {
    output.values(
      output.style.dim(
        "solon \(ToolVersion.current), \(LuaRelease.current.name) — :help for help, Ctrl-D to leave"))
  }

  func run() {
    var entry: [String] = []
    while !session.isEnded {
      switch editor.read(prompt: session.isIncomplete ? ">> " : "> ") {
      case .line(let text):
        entry.append(text)
        session.take(text)
        if !session.isIncomplete {
          history.add(entry.joined(separator: "\n"))
          entry = []
        }
      case .garbled:
        session.report(ReplError.notText)
      case .interrupted:
        session.abandonChunk()
        entry = []
      case .end:
        Console.line()
        guard session.isIncomplete else { return }
        session.abandonChunk()
        entry = []
      }
    }
  }
}
