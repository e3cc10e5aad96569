import Foundation

/// Standard output, one whole line at a time, so that a reader of a pipe sees
/// each line when it is written and in order.
enum Console {
  static func line(_ text: String = "") {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
