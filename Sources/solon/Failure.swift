import ArgumentParser
import Foundation
import LuaHost

/// A wrong use of the command line: exit code 64.
struct UsageError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Runs a command's work. Any error ends the program with one line on standard
/// error, followed for scripts by the source line and traceback, and exit
/// code 1 (64 for wrong usage).
func reportingFailure(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as UsageError {
    throw ValidationError(error.description)
  } catch let error as ExitCode {
    throw error
  } catch {
    var text = "solon: \(error)\n"
    if let script = error as? ScriptError, !script.details.isEmpty {
      text += script.details + "\n"
    }
    FileHandle.standardError.write(Data(text.utf8))
    throw ExitCode.failure
  }
}
