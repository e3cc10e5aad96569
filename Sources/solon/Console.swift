import Foundation

/// Standard output and standard error, one whole line at a time, so that a reader of a pipe sees
/// each line when it is written and in order.
enum Console {
  static func line(_ text: String = "") {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  static func error(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
