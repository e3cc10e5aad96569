import Foundation
import Inference
import LuaHost

/// A session without its terminal: takes lines, runs what they complete, and
/// prints. Globals stay from one chunk to the next, whatever goes wrong.
final class ReplSession {
  /// Where a session's text goes, one call for one or more whole lines.
  struct Output {
    var values: (String) -> Void
    var errors: (String) -> Void
    var style: TextStyle
    var errorStyle: TextStyle
    /// Columns, asked for each value because a window changes.
    var width: () -> Int
  }

  let vm: LuaVM
  let library: ReplLibrary
  /// Ends model calls; handed to whatever runs them.
  let cancellation: Cancellation
  let output: Output
  /// A chunk has begun that further lines must complete.
  var isIncomplete: Bool { !lines.isEmpty }
  /// `:quit` was given.
  private(set) var isEnded = false
  /// Inputs that failed so far.
  private(set) var failures = 0
  /// What `:load` has loaded, in order.
  var files: [LoadedFile] = []

  private var lines: [String] = []
  private var lineNumber = 0

  /// A call in a session may run as long as its user lets it, for it is ended
  /// by Ctrl-C; memory stays bounded.
  static let limits = Limits(loadInstructions: 1 << 60, printBytes: 1 << 20)

  init(root: URL, library: ReplLibrary, cancellation: Cancellation, output: Output) throws {
    vm = try LuaVM(
      projectRoot: root, limits: Self.limits, library: library.functions,
      objectTypes: library.objects)
    self.library = library
    self.cancellation = cancellation
    self.output = output
    vm.onPrint = { output.values(Console.printed($0)) }
  }

  // MARK: Input

  /// Takes a line, or several that were pasted as one.
  func take(_ text: String) {
    let first = lineNumber + 1
    let pieces = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lineNumber += pieces.count
    if lines.isEmpty, text.hasPrefix(":"), !text.hasPrefix("::") {
      attempt { try command(pieces[0]) }
      if pieces.count > 1, !isEnded {
        lineNumber = first
        take(pieces.dropFirst().joined(separator: "\n"))
      }
      return
    }
    lines += pieces
    let chunk = lines.joined(separator: "\n")
    if chunk.allSatisfy(\.isWhitespace) {
      lines = []
    } else if !vm.needsMoreInput(chunk) {
      let name = chunkName
      lines = []
      attempt { show(try vm.evaluate(chunk, name: name)) }
    }
  }

  /// Messages name a chunk by the line of input on which it began.
  private var chunkName: String { "(input \(lineNumber - lines.count + 1))" }

  /// Gives up a chunk that is not complete.
  func abandonChunk() { lines = [] }

  /// No more input comes: a chunk that is not complete is an error.
  func end() {
    guard isIncomplete else { return }
    let name = chunkName
    let chunk = lines.joined(separator: "\n")
    lines = []
    attempt { show(try vm.evaluate(chunk, name: name)) }
  }

  /// Takes lines to their end, or to `:quit`.
  func takeAll(_ lines: InputLines) {
    for line in lines {
      if isEnded { return }
      switch line {
      case .success(let text): take(text)
      case .failure(let error):
        lineNumber += 1
        report(error)
      }
    }
    end()
  }

  private func command(_ line: String) throws {
    let (command, argument) = try ReplCommand.parse(line)
    switch command {
    case .help:
      output.values(
        try HelpPages(library: library, vm: vm, style: output.style, width: output.width()).page(
          argument))
    case .load: try load(argument)
    case .reload: try reload()
    case .time: try time(argument)
    case .quit: isEnded = true
    }
  }

  // MARK: Evaluation

  var printer: PrettyPrinter { PrettyPrinter(width: output.width()) }

  private func show(_ values: [LuaValue]) {
    for value in values { output.values(printer.text(value)) }
  }

  private func time(_ source: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let values = try vm.evaluate(source, name: "(input \(lineNumber))")
    let seconds = (clock.now - start) / .seconds(1)
    let instructions = vm.instructionsOfLastCall
    show(values)
    output.values(
      output.style.dim(
        String(format: "%.6f s, ", seconds)
          + (instructions < Limits.instructionStep
            ? "under \(Limits.instructionStep) instructions"
            : "about \(instructions) instructions")))
  }

  /// Runs a part of the session; an error is printed and counted, and the
  /// session goes on.
  func attempt(_ body: () throws -> Void) {
    cancellation.reset()
    do {
      try body()
    } catch {
      report(error)
    }
  }

  func report(_ error: any Error) {
    failures += 1
    var text = output.errorStyle.alarm("error:") + " \(error)"
    if var script = error as? ScriptError {
      // The terminal has shown `^C` where the cursor was.
      if script.reason == .interrupted { text = "\n" + text }
      // A single frame says no more than the error's own place.
      if script.traceback.count == 1 { script.traceback = [] }
      if !script.details.isEmpty { text += "\n" + output.errorStyle.dim(script.details) }
    }
    output.errors(text)
  }
}
