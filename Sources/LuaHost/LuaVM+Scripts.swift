import CLuaHost
public import Foundation

extension LuaVM {
  /// Runs a file of the project and returns its value.
  ///
  /// Function values stay callable; tables made by tagged constructors keep
  /// their `kind` and `location`, also through `require`.
  ///
  /// - Throws: when the file cannot be read, lies outside the project, is over
  ///   `Limits.scriptBytes`, is not Lua text, fails, or returns nothing.
  public func load(file: URL) throws(ScriptError) -> LuaValue {
    enter("loading \(file.lastPathComponent)")
    defer { leave() }
    let script = try readScript(file.path, purpose: "load")
    loading.append(script.path)
    defer { if loading.last == script.path { loading.removeLast() } }
    let value = try run(script, session: false)[0]
    if value.isNil {
      throw ScriptError(
        message: "the file returned nothing: end it with 'return'",
        file: script.path, reason: .runtime)
    }
    return value
  }

  /// Runs a piece of text as a session does: an expression gives its values, and
  /// globals it assigns are kept for the next piece.
  ///
  /// - Parameter name: what messages call the text, such as `(stdin)`.
  /// - Returns: all values of an expression or a `return`, none of a statement.
  public func evaluate(
    _ source: String, name: String = "(input)"
  ) throws(ScriptError) -> [LuaValue] {
    enter()
    defer { leave() }
    let expression = "return " + source
    // An expression that breaks off is reported as one: as a statement, its
    // error would be at the first operator.
    let isExpression =
      compile(expression, name: name) == LH_OK
      || failedAtEnd && compile(source, name: name) != LH_OK
    let script = ScriptText(path: name, text: source)
    remember(script)
    return try run(
      script, session: true, text: isExpression ? expression : source)
  }

  /// Whether `source` is the beginning of a chunk that more lines could
  /// complete, for a prompt that reads line by line.
  public func needsMoreInput(_ source: String) -> Bool {
    enter()
    defer { leave() }
    var isBeginning = false
    for text in ["return " + source, source] {
      guard compile(text, name: "(input)") != LH_OK else { return false }
      isBeginning = isBeginning || failedAtEnd
    }
    return isBeginning
  }

  /// Whether the text that was just compiled was wrong only in that it ended.
  private var failedAtEnd: Bool {
    String(cString: lh_last_report(host).message).hasSuffix("near <eof>")
  }

  /// Makes `require` read every module again.
  public func forgetModules() {
    enter()
    defer { leave() }
    lh_forget_modules(host)
  }

  private func compile(_ text: String, name: String) -> lh_status {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        lh_compile(host, $0.baseAddress, $0.count, "@" + name)
      }
    }
  }

  private func run(
    _ script: ScriptText, session: Bool, text: String? = nil
  ) throws(ScriptError) -> [LuaValue] {
    var result = lh_result()
    var text = text ?? script.text
    let status = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        lh_run(
          host, $0.baseAddress, $0.count, "@" + script.path, session,
          Int64(limits.loadInstructions), &result)
      }
    }
    guard status == LH_OK else {
      var error = failure(status, budget: limits.loadInstructions)
      if error.file == nil { error.file = script.path }
      throw error
    }
    do throws(ScriptError) {
      var decoder = ValueDecoder(self, result.bytes)
      var values: [LuaValue] = []
      for _ in 0..<result.count { values.append(try decoder.value()) }
      return values
    } catch {
      throw error.placed(at: SourceLocation(file: script.path, line: 1))
    }
  }

  /// Makes a script known to messages.
  func remember(_ script: ScriptText) {
    scriptsByPath[script.path] = script
    scriptsByShortName[shortName(script.path)] = script
  }

  /// The name as Lua shortens it in messages (`LUA_IDSIZE` is 60).
  private func shortName(_ path: String) -> String {
    let bytes = Array(path.utf8)
    guard bytes.count > 59 else { return path }
    return "..." + String(decoding: bytes.suffix(56), as: UTF8.self)
  }

  func location(_ file: String, _ line: Int) -> SourceLocation? {
    guard !file.isEmpty, line > 0 else { return nil }
    return SourceLocation(file: file, line: line, script: scriptsByPath[file])
  }

  // MARK: Errors

  /// The error of the call that just failed.
  func failure(_ status: lh_status, budget: Int) -> ScriptError {
    let report = lh_last_report(host)
    let raw = String(
      decoding: UnsafeRawBufferPointer(
        start: report.message, count: report.message_size), as: UTF8.self)
    let traceback = String(cString: report.traceback)
      .split(separator: "\n").map { escapingControls(in: String($0)) }
    if status == LH_RUNTIME, let known = hostError, known.text == raw {
      var error = known.error
      if error.traceback.isEmpty { error.traceback = traceback }
      return error
    }
    let source = String(String(cString: report.source).dropFirst())
    var place = location(source, Int(report.line))
    var message = raw
    if let prefixed = splitPosition(raw) {
      place = prefixed.location
      message = prefixed.message
    }
    let reason: ScriptError.Reason
    switch status {
    case LH_SYNTAX: reason = .syntax
    case LH_INSTRUCTIONS:
      reason = .instructions
      message += " of \(budget) instructions"
    case LH_MEMORY:
      reason = .memory
      message += " of \(limits.memoryBytes >> 20) MB"
    case LH_LENGTH:
      reason = .memory
      message += " of \(limits.stringBytes) bytes"
    case LH_INTERRUPTED: reason = .interrupted
    case LH_TIME:
      reason = .time
      message += " \(text(limits.secondsPerCall)) s"
    default: reason = .runtime
    }
    if message.utf8.count > 2000 { message = message.prefix(1000) + "…" }
    var error = ScriptError(
      escapingControls(in: message), at: place, reason: reason)
    error.traceback = traceback
    return error
  }

  /// Splits `file:line: message` when the file is a script of this machine.
  private func splitPosition(
    _ text: String
  ) -> (location: SourceLocation, message: String)? {
    var search = text.startIndex
    while let colon = text[search...].firstIndex(of: ":") {
      let digits = text[text.index(after: colon)...].prefix {
        $0.isASCII && $0.isNumber
      }
      let rest = text[digits.endIndex...]
      if let line = Int(digits), rest.hasPrefix(": ") {
        guard let script = scriptsByShortName[String(text[..<colon])] else {
          return nil
        }
        return (
          SourceLocation(file: script.path, line: line, script: script),
          String(rest.dropFirst(2))
        )
      }
      search = text.index(after: colon)
    }
    return nil
  }
}

extension ScriptError {
  /// The error with a place, unless it has one.
  func placed(at location: SourceLocation?) -> ScriptError {
    guard file == nil, let location else { return self }
    var copy = self
    copy.file = location.file
    copy.line = location.line
    copy.sourceLine = location.script?.line(location.line)
    return copy
  }
}
