import LuaHost

/// The words that begin with a colon.
enum ReplCommand: String, CaseIterable {
  case help, load, reload, time, quit

  /// As it is typed.
  var usage: String {
    switch self {
    case .help: ":help [NAME]"
    case .load: ":load FILE"
    case .reload: ":reload"
    case .time: ":time EXPRESSION"
    case .quit: ":quit"
    }
  }

  var summary: String {
    switch self {
    case .help: "this overview, or all about one function, such as :help solon.jsonl"
    case .load: "run a file and keep what it returns in a global"
    case .reload: "read the loaded files again and say what an edit changed"
    case .time: "evaluate, and say how long it took"
    case .quit: "leave, as Ctrl-D does"
    }
  }

  /// Splits `:load a file.lua` into the command and its argument.
  static func parse(_ line: String) throws(ReplError) -> (command: ReplCommand, argument: String) {
    let words = line.dropFirst().split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: \.isWhitespace)
    let name = words.first.map(String.init) ?? ""
    var argument = words.count > 1 ? words[1] : ""
    while argument.first?.isWhitespace == true { argument.removeFirst() }
    while argument.last?.isWhitespace == true { argument.removeLast() }
    guard let command = ReplCommand(rawValue: name) else {
      let near = suggestion(for: name, among: allCases.map(\.rawValue))
      throw ReplError(
        "there is no command ':\(name)'"
          + (near.map { " — did you mean ':\($0)'?" } ?? " — :help lists them"))
    }
    switch command {
    case .load, .time:
      if argument.isEmpty { throw ReplError(":\(name) needs an argument: \(command.usage)") }
    case .reload, .quit:
      if !argument.isEmpty {
        throw ReplError(":\(name) takes no argument, got '\(argument)'")
      }
    case .help: break
    }
    return (command, String(argument))
  }
}
