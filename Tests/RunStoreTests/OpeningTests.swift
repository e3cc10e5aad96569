import Foundation
import GRDB
import Testing

@testable import RunStore

@Suite struct OpeningTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func aNewStoreHasEveryTableAndOpensAgain() throws {
    let url = directory.url.appendingPathComponent("deep/runs")
    let store = try RunStore(directory: url)
    let tables = try store.pool.read { database in
      try String.fetchAll(
        database, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    }
    #expect(
      tables == [
        "ablation", "ablationRun", "artifact", "comparison", "evaluation", "figure", "figurePoint",
        "finding", "grdb_migrations", "memoCall", "memoStage",
        "metric", "run", "runArtifact", "sample", "score", "script", "stage", "vote",
      ])
    let mode = try store.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
    #expect(mode == "wal")
    let run = try store.begin(draftRun())
    #expect(try RunStore(existing: url).run().id == run.id)
  }

  @Test func lookingWhereThereIsNoStoreMakesNone() throws {
    let url = directory.url.appendingPathComponent("runs")
    let error = try #require(storeError { _ = try RunStore(existing: url) })
    #expect(error.code == .missing)
    #expect(
      error.description
        == "no runs here: \(url.path)/solon.sqlite does not exist"
        + " — start one with `solon run`, or name another directory with --runs")
    #expect(!FileManager.default.fileExists(atPath: url.path))
  }

  @Test func aDirectoryThatCannotBeMadeIsAnError() throws {
    let file = directory.url.appendingPathComponent("file")
    try Data("x".utf8).write(to: file)
    for url in [file, file.appendingPathComponent("runs")] {
      let error = try #require(storeError { _ = try RunStore(directory: url) })
      #expect(error.code == .unwritable)
      #expect(
        error.description
          == "cannot make the runs directory: \(url.path)"
          + " — a directory above it is missing, read-only or a file"
          + " — choose another with --runs")
    }
  }

  @Test func aFileThatIsNoDatabaseIsAnError() throws {
    let file = directory.url.appendingPathComponent("solon.sqlite")
    try Data(repeating: 0x41, count: 8192).write(to: file)
    let error = try #require(storeError { _ = try RunStore(directory: directory.url) })
    #expect(error.code == .corrupt)
    #expect(
      error.description
        == "cannot open the run store: the file is not a sound database"
        + " (file is not a database) — \(file.path)"
        + " — move it aside; the next run starts a new one")
    // It is left as it was.
    #expect(try Data(contentsOf: file).count == 8192)
  }

  @Test func aStoreOfANewerVersionIsAnErrorAndStaysUntouched() throws {
    do {
      let store = try RunStore(directory: directory.url)
      try store.pool.write {
        try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99')")
      }
      try store.pool.close()
    }
    let error = try #require(storeError { _ = try RunStore(directory: directory.url) })
    #expect(error.code == .newerSchema)
    #expect(
      error.description
        == "cannot open the run store: a newer solon wrote it"
        + " — \(directory.url.path)/solon.sqlite"
        + " — update solon, or choose another directory with --runs")
  }

  @Test func manyMayMakeTheSameStoreAtOnce() throws {
    for round in 0..<5 {
      let url = directory.url.appendingPathComponent("runs\(round)")
      let failures = Failures()
      DispatchQueue.concurrentPerform(iterations: 4) { index in
        do {
          let store = try RunStore(directory: url)
          _ = try store.begin(draftRun("run \(index)"))
        } catch {
          failures.add("\(error)")
        }
      }
      #expect(failures.all.isEmpty)
      #expect(try RunStore(existing: url).runs().count == 4)
    }
  }
}

/// Collects messages from several threads.
final class Failures: @unchecked Sendable {
  // Only ever touched while `lock` is held.
  private var messages: [String] = []
  private let lock = NSLock()

  var all: [String] { lock.withLock { messages } }
  func add(_ message: String) { lock.withLock { messages.append(message) } }
}
