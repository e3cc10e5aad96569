/// What a researcher can do about an error whose message does not say so.
enum ErrorHint {
  static func hint(for error: ScriptError) -> String? {
    switch error.reason {
    case .instructions, .time:
      "look for a loop that does not end, or work that grows with the square of a text's length"
    case .memory:
      "look for a table or a text that grows in a loop; build long texts with table.concat"
    case .syntax: syntax(error.message)
    case .runtime: runtime(error.message)
    case .interrupted, .schema, .file: nil
    }
  }

  private static func syntax(_ message: String) -> String? {
    if message.contains("near <eof>") {
      return "something is opened and not closed: count the `end`, `}` and `)`"
    }
    if message.contains("'}' expected") || message.contains("'=' expected") {
      return "a comma may be missing between two fields of a table"
    }
    if message.contains("unfinished string") {
      return "a string ends on the line it began on; write \\n in it, or use [[ … ]]"
    }
    return nil
  }

  private static func runtime(_ message: String) -> String? {
    if message.contains("attempt to index a nil value") {
      return "what stands before the dot is nil: check its spelling, or that it is always given"
    }
    if message.contains("attempt to call a nil value") {
      return "there is no such function: check its spelling, and `:` for methods, `.` otherwise"
    }
    if message.contains("attempt to perform arithmetic on a nil value") {
      return "a number is missing: give it a default, such as `(x or 0)`"
    }
    if message.contains("attempt to concatenate a nil value") {
      return "a text is missing: give it a default, such as `(x or \"\")`"
    }
    if message.contains("attempt to compare") {
      return "numbers compare with numbers only: tonumber(x) makes one of a text"
    }
    if message.contains("stack overflow") {
      return "a function calls itself without end"
    }
    return nil
  }
}
