import Foundation
import Testing

/// A `solon repl` fed line by line through a pipe, so that a test can act
/// between two inputs.
final class PipedSession {
  private let process = Process()
  private let input = Pipe()
  private let outputFile: URL
  private let errorFile: URL
  private var seen = 0

  init(arguments: [String], in directory: URL) throws {
    outputFile = directory.appendingPathComponent(".session-output")
    errorFile = directory.appendingPathComponent(".session-errors")
    for url in [outputFile, errorFile] { try Data().write(to: url) }
    process.executableURL = SolonProcess.executable
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.standardInput = input
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// What was printed since the input before the last one.
  private(set) var output = ""

  /// Gives a line and waits until `marker` is printed after it.
  func send(
    _ line: String, until marker: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    let end = Date().addingTimeInterval(30)
    repeat {
      let all = try Data(contentsOf: outputFile)
      output = String(decoding: all.dropFirst(seen), as: UTF8.self)
      if output.contains(marker), output.hasSuffix("\n") {
        // One line break is kept, for markers that begin with one.
        seen = all.count - 1
        return
      }
      usleep(2000)
    } while Date() < end && process.isRunning
    let errors = (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
    Issue.record(
      "'\(marker)' was not printed: \(output)\(errors)", sourceLocation: sourceLocation)
  }

  /// Closes the input and waits for the end.
  func end() -> (status: Int32, errors: String) {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
    return (
      process.terminationStatus, (try? String(contentsOf: errorFile, encoding: .utf8)) ?? ""
    )
  }
}
