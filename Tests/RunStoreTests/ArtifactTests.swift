import Foundation
import Testing

@testable import RunStore

@Suite struct ArtifactTests {
  let directory: TemporaryDirectory
  let store: RunStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try RunStore(directory: directory.url)
  }

  var names: [String] {
    let path = store.artifactsDirectory.path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// The digest of "abc" is the published one of FIPS 180-2.
  @Test func aFileIsStoredUnderItsSHA256() throws {
    let sha256 = try store.storeArtifact(kind: "notes") { url in
      try Data("abc".utf8).write(to: url)
    }
    #expect(sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let url = try #require(store.artifactURL(sha256))
    #expect(try Data(contentsOf: url) == Data("abc".utf8))
    let record = try #require(try store.artifact(sha256))
    #expect(record.kind == "notes")
    #expect(record.byteCount == 3)
    #expect(names == [sha256])
  }

  private func storeDirectory(_ contents: [(String, String)]) throws -> String {
    try store.storeArtifact(kind: "checkpoint") { url in
      for (path, text) in contents {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
    }
  }

  @Test func aDirectoryIsStoredOnceWhateverTheOrderOfWriting() throws {
    let first = try storeDirectory([("config.json", "{}"), ("deep/model", "weights")])
    let second = try storeDirectory([("deep/model", "weights"), ("config.json", "{}")])
    #expect(first == second)
    #expect(names == [first])
    #expect(try store.artifact(first)?.byteCount == 9)
    let url = try #require(store.artifactURL(first))
    let text = try String(contentsOf: url.appendingPathComponent("deep/model"), encoding: .utf8)
    #expect(text == "weights")
    // Same bytes under other names, or cut elsewhere, are other content.
    let renamed = try storeDirectory([("config.json", "{}"), ("deep/weights", "weights")])
    let cut = try storeDirectory([("config.json", "{}w"), ("deep/model", "eights")])
    #expect(Set([first, renamed, cut]).count == 3)
  }

  @Test func afterAFailedWriteNothingIsLeft() throws {
    struct Full: Error {}
    let error = try #require(
      storeError {
        _ = try store.storeArtifact(kind: "checkpoint") { url in
          try Data("half".utf8).write(to: url)
          throw Full()
        }
      })
    #expect(error.code == .artifact)
    #expect(names.isEmpty)
    let nothing = try #require(storeError { _ = try store.storeArtifact(kind: "x") { _ in } })
    #expect(nothing.description.contains("nothing was written"))
  }

  @Test func onlyDigestsNameArtifacts() throws {
    #expect(store.artifactURL("..") == nil)
    #expect(store.artifactURL("") == nil)
    #expect(store.artifactURL(String(repeating: "0", count: 64)) == nil)
  }

  @Test func whatADeadProcessLeftHalfWrittenIsRemovedOnOpening() throws {
    try FileManager.default.createDirectory(
      at: store.artifactsDirectory, withIntermediateDirectories: true)
    // Process numbers end far below this one.
    for name in [".writing-999999999-x", ".writing-\(getpid())-x", "abcd"] {
      try Data().write(to: store.artifactsDirectory.appendingPathComponent(name))
    }
    _ = try RunStore(directory: directory.url)
    #expect(names == [".writing-\(getpid())-x", "abcd"])
  }
}
