import CLuaHost

extension LuaVM {
  /// Answers one request of the state. The answer is in the input buffer; a
  /// status other than 0 means that it is an error message, which C raises
  /// after this frame is gone.
  func answer(
    function: Int32, count: Int, bytes: UnsafePointer<UInt8>,
    source: UnsafePointer<CChar>?, line: Int32
  ) -> Int32 {
    watched?.enterHost()
    defer { watched?.leaveHost() }
    var decoder = ValueDecoder(self, bytes)
    do throws(ScriptError) {
      switch function {
      case Int32(LH_REQUEST_UNKNOWN_NAME):
        let names = (0..<count).map { _ in decoder.string() }
        throw ScriptError(message: unknownName(names))
      case Int32(LH_REQUEST_PRINT):
        print(decoder.string())
      case Int32(LH_REQUEST_MODULE):
        let script = try module(named: decoder.string())
        var encoder = ValueEncoder(self)
        try encoder.append("@" + script.path)
        try encoder.append(script.text)
        loading.append(script.path)
      case Int32(LH_REQUEST_MODULE_DONE):
        if !loading.isEmpty { loading.removeLast() }
      default:
        var arguments: [LuaValue] = []
        arguments.reserveCapacity(count)
        for _ in 0..<count { arguments.append(try decoder.value()) }
        var context = CallContext(
          machine: self, function: functions[Int(function)],
          arguments: arguments, source: source, line: line)
        try context.prepare()
        let result = try context.function.spec.body(&context)
        var encoder = ValueEncoder(self)
        try encoder.append(result)
      }
      return 0
    } catch {
      fail(
        error.placed(
          at: location(source.map { String(cString: $0 + 1) } ?? "", Int(line))
        ))
      return 1
    }
  }

  /// Keeps the error, so that it comes back whole if the script lets it pass,
  /// and gives the script its text.
  private func fail(_ error: ScriptError) {
    let text = error.description
    hostError = (text, error)
    var encoder = ValueEncoder(self)
    do throws(ScriptError) {
      try encoder.append(text)
    } catch {
      preconditionFailure("an error message exceeds the memory limit")
    }
  }

  /// `names`: the table, the name that is not in it, the names that are.
  private func unknownName(_ names: [String]) -> String {
    let prefix = names[0].isEmpty ? "" : names[0] + "."
    let name = escapingControls(in: String(names[1].prefix(60)))
    let near = suggestion(for: names[1], among: Array(names.dropFirst(2)))
    let hint = near.map { " (did you mean '\(prefix)\($0)'?)" } ?? ""
    if names[0].isEmpty {
      return "unknown name '\(name)'\(hint): there is no such global or local"
    }
    return "'\(prefix)\(name)' does not exist\(hint)"
  }

  private func print(_ text: String) {
    guard printedBytes <= limits.printBytes else { return }
    printedBytes += text.utf8.count + 1
    if printedBytes > limits.printBytes {
      onPrint?("[output over \(limits.printBytes) bytes in one call: dropped]")
    } else {
      onPrint?(text)
    }
  }
}
