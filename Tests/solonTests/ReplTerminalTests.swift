import Foundation
import Testing

/// `solon repl` on a terminal.
@Suite struct ReplTerminalTests {
  private final class Desk {
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-terminal-\(UUID().uuidString)", isDirectory: true)
    var state: URL { root.appendingPathComponent("state") }

    init() throws {
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func session(_ arguments: String...) throws -> TerminalSession {
      let session = try TerminalSession(arguments, in: root, state: state)
      session.expect("Ctrl-D to leave")
      session.expect("> ")
      return session
    }
  }

  @Test func aLineIsEditedAndRun() throws {
    let session = try Desk().session()
    session.enter("6 * 8\u{7f}7", answer: "42")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
    #expect(session.isCooked)
  }

  @Test func tabCompletesNames() throws {
    let session = try Desk().session()
    session.type("sol\t")
    session.expect("solon.")
    session.type("js\t")
    session.expect("jsonl")
    session.enter(" == nil", answer: "false")
    session.enter("text = 'abc'")
    session.enter("text:upp\t()", answer: "ABC")
    session.type(":he\t string.gs\t\r")
    session.expect("string.gsub is a function")
  }

  @Test func tabCompletesFilesAndModules() throws {
    let desk = try Desk()
    try Data("return { five = 5 }".utf8).write(
      to: desk.root.appendingPathComponent("moderate.lua"))
    let session = try desk.session()
    session.enter(":load mod\t", answer: "moderate = { five = 5 }")
    session.enter("require \"mod\t\".five", answer: "5")
  }

  @Test func historyIsRecalledAndKept() throws {
    let desk = try Desk()
    let session = try desk.session()
    session.enter("40 + 2", answer: "42")
    session.enter("function f()", prompt: ">> ")
    session.enter("  return 'multi' .. 'ple'", prompt: ">> ")
    session.enter("end")
    session.enter("f()", answer: "multiple")
    // Back over `f()` and the function, which is one entry.
    session.enter(String(repeating: TerminalSession.up, count: 3), answer: "42")
    session.type(":quit\r")
    #expect(session.exitCode() == 0)

    let next = try desk.session()
    // Back over `:quit`, `40 + 2` and `f()`.
    next.enter(String(repeating: TerminalSession.up, count: 4))
    next.enter("f()", answer: "multiple")
    let file = desk.state.appendingPathComponent("solon/history")
    let permissions = try FileManager.default.attributesOfItem(atPath: file.path)[
      .posixPermissions]
    #expect(permissions as? Int == 0o600)
  }

  @Test func historyIsBounded() throws {
    let desk = try Desk()
    let file = desk.state.appendingPathComponent("solon/history")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let old = (1...10_300).map { "#1700000000\nold = \($0)\n" }.joined()
    try Data(old.utf8).write(to: file)
    let session = try desk.session()
    session.enter("'new'", answer: "new")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
    let entries = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }
    #expect((10_000...10_001).contains(entries.count))
    #expect(entries.suffix(2) == ["old = 10300", "'new'"])
  }

  @Test func unwritableHistoryIsSaidOnce() throws {
    let desk = try Desk()
    // A file where the directory should be.
    try Data().write(to: desk.state)
    let session = try TerminalSession(in: desk.root, state: desk.state)
    session.expect("history is not kept: cannot create")
    session.expect("> ")
    session.type("1 + 1\r")
    #expect(!session.expect("\n2\n").contains("history is not kept"))
    session.expect("> ")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
  }

  @Test func controlCClearsTheLine() throws {
    let session = try Desk().session()
    session.type("garbage(")
    session.expect("garbage(")
    session.type("\u{3}")
    session.expect("^C\n")
    session.expect("> ")
    session.enter("1 + 1", answer: "2")
    // Also the lines before it.
    session.enter("function f()", prompt: ">> ")
    session.type("\u{3}")
    session.expect("^C\n> ")
    session.enter("1 + 2", answer: "3")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
  }

  @Test func controlCEndsACallAndLosesNothing() throws {
    let session = try Desk().session()
    session.enter("kept = 'still here'")
    for _ in 0..<2 {
      session.type("print('begun') while true do end\r")
      session.expect("\nbegun\n")
      session.type("\u{3}")
      session.expect("script was interrupted")
      session.expect("\n> ")
    }
    session.enter("kept", answer: "still here")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
    #expect(session.isCooked)
  }

  @Test func controlDGivesUpAChunkFirst() throws {
    let session = try Desk().session()
    session.enter("if true then", prompt: ">> ")
    session.type("\u{4}")
    session.expect("\n> ")
    session.enter("2 + 2", answer: "4")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
  }

  /// A suspended session comes back with its prompt, and Ctrl-C is still only
  /// the end of a call.
  @Test func aSuspendedSessionGoesOn() throws {
    let session = try Desk().session()
    session.type("kept = 1")
    session.expect("kept = 1")
    session.suspendAndContinue()
    session.expect("> kept = 1")
    session.enter("1")
    session.type("print('begun') while true do end\r")
    session.expect("\nbegun\n")
    session.type("\u{3}")
    session.expect("script was interrupted")
    session.expect("\n> ")
    session.enter("kept", answer: "11")
    session.type("\u{4}")
    #expect(session.exitCode() == 0)
  }

  @Test func aTerminatedSessionRestoresTheTerminal() throws {
    let session = try Desk().session()
    session.type("half a li")
    session.expect("half a li")
    session.terminate()
    #expect(session.exitCode() == -SIGTERM)
    #expect(session.isCooked)
  }
}
