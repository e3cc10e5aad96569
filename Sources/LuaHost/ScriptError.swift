/// Anything wrong with a script or with what it returned.
public struct ScriptError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public enum Reason: String, Sendable, Codable {
    /// The text is not Lua.
    case syntax
    /// The script raised an error, or used a host function wrongly.
    case runtime
    /// The call executed more instructions than `Limits` allows.
    case instructions
    /// The script holds more memory than `Limits` allows.
    case memory
    /// The call took longer than `Limits.secondsPerCall`.
    case time
    /// `LuaInterrupt.interrupt()` ended the call.
    case interrupted
    /// A table does not have the shape it must have.
    case schema
    /// A file cannot be read, or lies outside the project.
    case file
  }

  /// What failed, the value, and what to do; one line, control bytes escaped.
  public var message: String
  /// The script, relative to the project root.
  public var file: String?
  /// The line in `file`, from 1.
  public var line: Int?
  /// The field a schema error is about, such as `experiment.stages.ppo.clip`.
  public var path: String?
  /// Lua frames, innermost first, host frames left out; at most 20.
  public var traceback: [String]
  /// What the program was doing, such as `ppo iteration 3, sample 17`.
  public var context: String?
  public var reason: Reason
  /// The offending line of the script, when its text is known.
  public var sourceLine: String?
  /// What to try, when the message does not say it: from the kind of failure and
  /// the words of Lua's own messages.
  public var hint: String? { ErrorHint.hint(for: self) }

  public init(
    message: String, file: String? = nil, line: Int? = nil,
    path: String? = nil, traceback: [String] = [], context: String? = nil,
    reason: Reason = .runtime, sourceLine: String? = nil
  ) {
    self.message = message
    self.file = file
    self.line = line
    self.path = path
    self.traceback = traceback
    self.context = context
    self.reason = reason
    self.sourceLine = sourceLine
  }

  /// An error at a known place; the source line is taken from its script.
  public init(
    _ message: String, at location: SourceLocation?, path: String? = nil,
    context: String? = nil, reason: Reason = .runtime
  ) {
    self.init(
      message: message, file: location?.file, line: location?.line, path: path,
      context: context, reason: reason,
      sourceLine: location.flatMap { $0.script?.line($0.line) })
  }

  /// Where the error is, when that is known.
  public var location: SourceLocation? {
    guard let file, let line else { return nil }
    return SourceLocation(file: file, line: line)
  }

  /// `file:line: message (context)`, always one line.
  public var description: String {
    var text = ""
    if let file {
      text += line.map { "\(file):\($0): " } ?? "\(file): "
    }
    text += message
    if let context { text += " (\(context))" }
    return text
  }

  /// The offending source line and the Lua traceback, below the description:
  /// ```
  ///    12 |   kl_coeficient = 0.1,
  /// called from
  ///   constitutions/harmless.lua:31: in function 'reward'
  /// hint: …
  /// ```
  /// Empty when none of them is known.
  public var details: String {
    var lines: [String] = []
    if let sourceLine, let line {
      let number = String(line)
      let pad = String(repeating: " ", count: max(0, 6 - number.count))
      lines.append("\(pad)\(number) | \(escapingControls(in: sourceLine))")
    }
    if !traceback.isEmpty {
      lines.append("called from")
      lines += traceback.map { "  " + $0 }
    }
    if let hint { lines.append("hint: \(hint)") }
    return lines.joined(separator: "\n")
  }
}

/// `text` with control characters written as Lua escapes (`\27`, `\n`), so that
/// it cannot move a terminal's cursor or, unless lines are kept, break a one-line
/// message.
func escapingControls(in text: String, keepingLines: Bool = false) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if keepingLines, scalar == "\n" || scalar == "\t" {
      result.unicodeScalars.append(scalar)
    } else if scalar == "\n" {
      result += "\\n"
    } else if scalar == "\t" {
      result += " "
    } else if isControl(scalar) {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return result
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    || (0x202A...0x202E).contains(scalar.value)
    || (0x2066...0x2069).contains(scalar.value)
}
