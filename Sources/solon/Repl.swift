import ArgumentParser
import Constitution
import Foundation
import Inference
import Kernels
import LuaHost
import RunStore
import Session

struct Repl: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try constitutions and functions line by line.",
    discussion: """
      On a terminal, lines can be edited and Tab completes names; :help says \
      what there is. From a pipe, each complete chunk is run as it comes, and \
      the exit code is 1 if one failed.
      """)

  @Argument(
    help: ArgumentHelp(
      "A Lua file to load, or a run's id, its beginning, or a name.", valueName: "file-or-run"))
  var target: String?

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
      let cancellation = Cancellation()
      // The one place that says what a session can call.
      try BLAS.load()
      let calls = SessionLibrary(
        root: project.root, runsDirectory: project.runsDirectory, cancellation: cancellation,
        observer: ConsoleObserver(), width: terminalWidth
      ) { experiment, overrides, limit in
        .describing(
          experiment, overrides: overrides, limit: limit, root: project.root,
          lanes: Lanes.standardCount)
      }
      let library = ReplLibrary(
        functions: ScriptLibrary.functions(root: project.root) + calls.functions,
        objects: ScriptLibrary.objects + calls.objects)
      let session = try ReplSession(
        root: project.root, library: library, cancellation: cancellation,
        output: ReplSession.Output(
          values: { Console.line($0) }, errors: { Console.error($0) },
          style: TextStyle(descriptor: STDOUT_FILENO),
          errorStyle: TextStyle(descriptor: STDERR_FILENO), width: terminalWidth))
      if isTerminal {
        let interrupt = session.vm.interrupt
        let interrupts = try InterruptWatch {
          interrupt.interrupt()
          cancellation.cancel()
        }
        defer { interrupts.stop() }
        Dialogue.greet(session.output)
        try open(in: session, calls)
        let editor = LineEditor(interrupts: interrupts) { session.completions(of: $0) }
        let history = LineHistory(file: LineHistory.standardFile()) { Console.error($0) }
        Dialogue(session: session, editor: editor, history: history).run()
      } else {
        try open(in: session, calls)
        session.takeAll(InputLines(descriptor: STDIN_FILENO))
        if session.failures > 0 { throw ExitCode.failure }
      }
    }
  }

  /// Loads the file or opens the run. A script that fails leaves a session in
  /// which `:reload` tries it again; a target that does not exist ends it.
  private func open(in session: ReplSession, _ calls: SessionLibrary) throws {
    guard let target else { return }
    if FileManager.default.fileExists(atPath: target) {
      session.attempt { try session.load(target) }
      return
    }
    guard !target.hasSuffix(".lua"), !target.contains("/") else {
      throw UsageError(
        "there is no file '\(target)' in \(FileManager.default.currentDirectoryPath)")
    }
    let store = try RunStore(existing: project.runsDirectory)
    let run = try store.run(matching: target)
    try session.define(run, as: calls.object(run))
  }
}
