public import Foundation
internal import GRDB

/// The record of everything that was run: one SQLite database
/// (`solon.sqlite`) and, beside it, weights as content-addressed files
/// (`artifacts/SHA256`).
///
/// Every method that writes commits before it returns, so a process killed at
/// any moment loses at most the batch it had in hand. Two processes may use
/// the same store at once; a writer waits up to ten seconds for the other.
/// Safe to use from any thread.
public final class RunStore: Sendable {
  /// How long a writer waits for another process.
  static let busySeconds = 10.0

  /// The directory that holds the database and the artifacts.
  public let directory: URL
  let pool: DatabasePool

  /// The database file.
  public var databaseURL: URL { RunStore.databaseURL(in: directory) }

  static func databaseURL(in directory: URL) -> URL {
    directory.appendingPathComponent("solon.sqlite", isDirectory: false)
  }

  /// Opens the store in `directory`, making both when they are missing.
  ///
  /// - Throws: when the directory cannot be written to, the file is not a
  ///   sound database, or a newer version of the tool wrote it.
  public convenience init(directory: URL) throws(StoreError) {
    try self.init(directory: directory, mustExist: false)
  }

  /// Opens the store in `directory`; an error when there is none, for commands
  /// that only look.
  public convenience init(existing directory: URL) throws(StoreError) {
    try self.init(directory: directory, mustExist: true)
  }

  private init(directory: URL, mustExist: Bool) throws(StoreError) {
    self.directory = directory.standardizedFileURL
    let path = RunStore.databaseURL(in: self.directory).path
    if mustExist {
      guard FileManager.default.fileExists(atPath: path) else {
        throw StoreError(
          .missing,
          "no runs here: \(path) does not exist — start one with `solon run`, or name"
            + " another directory with --runs")
      }
    } else {
      do {
        try FileManager.default.createDirectory(
          at: self.directory, withIntermediateDirectories: true)
      } catch {
        throw StoreError(
          .unwritable,
          "cannot make the runs directory: \(self.directory.path)"
            + " — a directory above it is missing, read-only or a file"
            + " — choose another with --runs")
      }
    }
    guard FileManager.default.isWritableFile(atPath: self.directory.path) else {
      throw StoreError(
        .unwritable,
        "cannot write to the runs directory: \(self.directory.path)"
          + " — check its permissions, or choose another with --runs")
    }
    do {
      pool = try RunStore.open(path: path)
    } catch {
      throw StoreError("open the run store", path: path, cause: error)
    }
    sweepTemporaryArtifacts()
  }

  private static func open(path: String) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busySeconds)
    configuration.label = "solon"
    configuration.prepareDatabase { database in
      // Pages are mapped rather than copied: looking many keys up in the memo
      // is mostly reading pages.
      try database.execute(sql: "PRAGMA mmap_size = 1073741824")
    }
    // Another process may be making the same file or the same tables right
    // now: switching to WAL does not wait for a lock, and the losing migration
    // finds the tables made. The second look settles both.
    var attempt = 0
    while true {
      attempt += 1
      do {
        let pool = try DatabasePool(path: path, configuration: configuration)
        if try pool.read(migrator.hasBeenSuperseded) {
          throw StoreError(
            .newerSchema,
            "cannot open the run store: a newer solon wrote it — \(path)"
              + " — update solon, or choose another directory with --runs")
        }
        try migrator.migrate(pool)
        return pool
      } catch let error as DatabaseError {
        let passing: [ResultCode] = [.SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_ERROR]
        guard attempt < 20, passing.contains(error.resultCode) else { throw error }
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
  }

  func read<Value>(
    _ action: String, _ body: (Database) throws -> Value
  ) throws(StoreError) -> Value {
    do {
      return try pool.read(body)
    } catch {
      throw StoreError(action, path: databaseURL.path, cause: error)
    }
  }

  /// Runs `body` in one transaction, committed when it returns.
  func write<Value>(
    _ action: String, _ body: (Database) throws -> Value
  ) throws(StoreError) -> Value {
    do {
      return try pool.write(body)
    } catch {
      throw StoreError(action, path: databaseURL.path, cause: error)
    }
  }
}
