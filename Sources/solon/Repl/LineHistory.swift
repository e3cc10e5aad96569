import CReadline
import Foundation

/// The inputs of this and earlier sessions, which the line editor recalls.
///
/// They are kept in a file of the user's, one entry per input however many
/// lines it has. A file that cannot be used is said once and is no error.
final class LineHistory {
  /// Entries kept.
  static let limit = 10_000

  private var file: URL?
  private var last = ""
  private let warn: (String) -> Void

  /// Reads the file, which need not exist. After `LineEditor` is made, which
  /// tells readline how entries are told apart.
  init(file: URL?, warn: @escaping (String) -> Void) {
    self.file = file
    self.warn = warn
    using_history()
    stifle_history(Int32(Self.limit))
    guard let file else {
      giveUp("neither XDG_STATE_HOME nor HOME names a directory")
      return
    }
    do {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      giveUp("cannot create \(file.deletingLastPathComponent().path)")
      return
    }
    let descriptor = open(file.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      giveUp("cannot write \(file.path): \(String(cString: strerror(errno)))")
      return
    }
    close(descriptor)
    history_truncate_file(file.path, Int32(Self.limit))
    read_history(file.path)
  }

  /// Adds an input at once to the file, unless it repeats the last one.
  func add(_ entry: String) {
    guard entry != last, !entry.allSatisfy(\.isWhitespace) else { return }
    last = entry
    add_history(entry)
    guard let file else { return }
    let failure = append_history(1, file.path)
    if failure != 0 { giveUp("cannot write \(file.path): \(String(cString: strerror(failure)))") }
  }

  private func giveUp(_ reason: String) {
    file = nil
    warn("history is not kept: \(reason)")
  }

  /// `solon/history` in the directory for state that the XDG Base Directory
  /// Specification names.
  static func standardFile(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL? {
    func directory(_ name: String) -> URL? {
      guard let path = environment[name], path.hasPrefix("/") else { return nil }
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    let state =
      directory("XDG_STATE_HOME") ?? directory("HOME")?.appendingPathComponent(".local/state")
    return state?.appendingPathComponent("solon/history")
  }
}
