import Foundation

/// One line of standard error that is rewritten in place on a terminal, and left
/// out where there is none.
struct ProgressLine {
  let isTerminal = isatty(STDERR_FILENO) == 1

  func show(_ line: String) {
    write("\(line.prefix(max(1, terminalWidth() - 1)))")
  }

  func clear() { write("") }

  private func write(_ text: String) {
    guard isTerminal else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
  }
}
