import ArgumentParser
import Foundation
import LuaHost

/// A wrong use of the command line: exit code 64.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Errors as people see them, on standard error.
enum Failure {
  /// One line that says what failed; for scripts, then the source line, the
  /// traceback and a hint.
  static func show(_ error: any Error) {
    var text = "solon: \(error)\n"
    if let script = error as? ScriptError, !script.details.isEmpty {
      text += script.details + "\n"
    }
    FileHandle.standardError.write(Data(text.utf8))
  }
}

/// Runs a command's work. Any error is shown and ends the program with exit
/// code 1 (64 for wrong usage).
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as UsageError {
    throw ValidationError(error.description)
  } catch let error as ExitCode {
    throw error
  } catch {
    Failure.show(error)
    throw ExitCode.failure
  }
}
