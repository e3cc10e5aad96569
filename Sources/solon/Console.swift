import Foundation
import Report

/// Standard output and standard error, one whole line at a time, so that a reader of a pipe sees
/// each line when it is written and in order.
enum Console {
  static func line(_ text: String = "") {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// What a script prints, which may be a model's words: fit for a terminal,
  /// with the tabs that `print` puts between values.
  static func printed(_ text: String) -> String {
    text.components(separatedBy: "\t")
      .map { TerminalText.escaped($0, keepsLines: true) }.joined(separator: "\t")
  }

  static func error(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
