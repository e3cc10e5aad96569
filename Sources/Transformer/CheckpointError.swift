/// A model directory, or a file in one, that cannot be read or written.
/// Thrown before anything is computed from the file.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    /// A file or directory that is not there.
    case missing
    /// The system refused to read or write.
    case inaccessible
    /// The bytes are not what the format says.
    case malformed
    /// A valid file that asks for something this program does not do.
    case unsupported
    /// Files that are valid alone but do not belong together.
    case mismatch
  }

  public let code: Code
  /// The file or directory concerned.
  public let path: String
  /// What is wrong, with the value found.
  public let problem: String
  /// What to do next.
  public let hint: String

  public init(_ code: Code, path: String, _ problem: String, hint: String) {
    self.code = code
    self.path = path
    self.problem = problem
    self.hint = hint
  }

  /// One line: `path: problem; hint`. Control characters from the file are
  /// escaped, so a hostile name cannot write to a terminal or add a line.
  public var description: String {
    var line = ""
    for scalar in "\(path): \(problem); \(hint)".unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
