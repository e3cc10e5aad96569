public import Foundation

/// What is said of a file that was written.
public enum ReportFile {
  /// Its path, as seen from the working directory, and its size.
  public static func line(_ file: URL, byteCount: Int) -> String {
    "\(TerminalText.escaped(Formatting.path(file)))  \(Formatting.byteCount(byteCount))"
  }
}
