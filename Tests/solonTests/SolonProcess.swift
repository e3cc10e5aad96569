import Foundation

/// Runs the built `solon` as a process.
struct SolonProcess {
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
    /// Ended by a signal, which is then the status.
    var wasKilled: Bool
  }

  /// The program beside the test runner.
  static var executable: URL {
    let runner = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    return runner.deletingLastPathComponent().appendingPathComponent("solon")
  }

  /// Runs in `directory`, with `input` as its standard input, and waits.
  /// `deadline` seconds end it with SIGKILL.
  static func run(
    _ arguments: [String], in directory: URL, input: Data = Data(), deadline: Double = 300,
    killAfter marker: String? = nil
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = directory
    let output = directory.appendingPathComponent(".stdout-\(UUID().uuidString)")
    let errors = directory.appendingPathComponent(".stderr-\(UUID().uuidString)")
    let inputFile = directory.appendingPathComponent(".stdin-\(UUID().uuidString)")
    for url in [output, errors] { try Data().write(to: url) }
    try input.write(to: inputFile)
    defer {
      for url in [output, errors, inputFile] { try? FileManager.default.removeItem(at: url) }
    }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    try process.run()
    let end = Date().addingTimeInterval(deadline)
    while process.isRunning {
      if let marker, try String(contentsOf: output, encoding: .utf8).contains(marker) {
        kill(process.processIdentifier, SIGKILL)
      }
      if Date() > end { kill(process.processIdentifier, SIGKILL) }
      usleep(5000)
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8),
      wasKilled: process.terminationReason == .uncaughtSignal)
  }
}
