internal import GRDB

/// Why the run store could not do what it was asked.
///
/// `description` is one line: what failed, the value, where, and what to do
/// next.
public struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure, for code that reacts to it.
  public enum Code: String, Sendable {
    /// The directory cannot be made, or not written to.
    case unwritable
    /// There is no store in the directory.
    case missing
    /// The file is not a database, or is damaged.
    case corrupt
    /// The database was written by a newer version of the tool.
    case newerSchema
    /// Another process kept the database locked for too long.
    case busy
    /// No run, or more than one, matches what was asked for.
    case noSuchRun
    /// An artifact could not be written or read.
    case artifact
    /// Anything else SQLite or the file system reports.
    case failed
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}

extension StoreError {
  /// Translates an error of GRDB, SQLite or the file system.
  ///
  /// - Parameters:
  ///   - action: what was being done, such as "read stages".
  ///   - path: the database file.
  init(_ action: String, path: String, cause: any Error) {
    if let known = cause as? StoreError {
      self = known
      return
    }
    guard let database = cause as? DatabaseError else {
      self.init(.failed, "cannot \(action): \(oneLine("\(cause)")) — \(path)")
      return
    }
    let message = oneLine(database.message ?? "error \(database.resultCode.rawValue)")
    switch database.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      self.init(
        .corrupt,
        "cannot \(action): the file is not a sound database (\(message)) — \(path)"
          + " — move it aside; the next run starts a new one")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .busy,
        "cannot \(action): another process has held the database for more than"
          + " \(Int(RunStore.busySeconds)) s — \(path) — wait for it to end, then repeat")
    case .SQLITE_FULL:
      self.init(
        .unwritable,
        "cannot \(action): the disk is full — \(path) — free some space, then repeat")
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(
        .unwritable,
        "cannot \(action): \(message) — \(path)"
          + " — check its permissions, or choose another directory with --runs")
    default:
      self.init(.failed, "cannot \(action): \(message) — \(path)")
    }
  }
}

/// The text with line breaks turned into spaces, so that an error stays on
/// one line.
func oneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isNewline).joined(separator: " ")
}
