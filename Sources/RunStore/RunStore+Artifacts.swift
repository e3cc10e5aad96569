internal import Crypto
public import Foundation
internal import GRDB

extension RunStore {
  /// Where artifacts lie, each under the SHA-256 of its content.
  public var artifactsDirectory: URL {
    directory.appendingPathComponent("artifacts", isDirectory: true)
  }

  /// Stores a file or a directory of files under the hash of its content.
  ///
  /// `write` is given a place where nothing is yet, and makes a file or a
  /// directory there. It appears under its final name by one rename, so a
  /// half-written artifact is never seen. Content that is known already is
  /// kept once.
  ///
  /// - Returns: the SHA-256, hexadecimal: of the bytes of a file; of the sorted
  ///   relative paths and hashes of a directory's files.
  public func storeArtifact(
    kind: String, write body: (URL) throws -> Void
  ) throws(StoreError) -> String {
    let files = FileManager.default
    let temporary = artifactsDirectory.appendingPathComponent(
      "\(RunStore.temporaryPrefix)\(getpid())-\(UUID().uuidString)")
    let sha256: String
    let byteCount: Int
    do {
      defer { try? files.removeItem(at: temporary) }
      try files.createDirectory(at: artifactsDirectory, withIntermediateDirectories: true)
      try body(temporary)
      (sha256, byteCount) = try RunStore.contentHash(of: temporary)
      let final = artifactsDirectory.appendingPathComponent(sha256)
      if !files.fileExists(atPath: final.path) {
        do {
          try files.moveItem(at: temporary, to: final)
        } catch {
          // Another process may have stored the same content in between.
          guard files.fileExists(atPath: final.path) else { throw error }
        }
      }
    } catch {
      throw StoreError(
        .artifact,
        "cannot store an artifact (\(kind)): \(oneLine("\(error)"))"
          + " — \(artifactsDirectory.path) — check the disk's space and permissions")
    }
    let record = ArtifactRecord(
      sha256: sha256, kind: kind, byteCount: byteCount, createdAt: Date())
    try insertAll([record], "store artifact \(sha256)")
    return sha256
  }

  /// The file or directory of an artifact; nil when it is not on disk.
  public func artifactURL(_ sha256: String) -> URL? {
    guard !sha256.isEmpty, sha256.allSatisfy(\.isHexDigit) else { return nil }
    let url = artifactsDirectory.appendingPathComponent(sha256)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  private static let temporaryPrefix = ".writing-"

  /// Removes what processes that have died left half-written.
  func sweepTemporaryArtifacts() {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: artifactsDirectory.path)) ?? []
    for name in names where name.hasPrefix(RunStore.temporaryPrefix) {
      let owner = name.dropFirst(RunStore.temporaryPrefix.count).prefix(while: \.isNumber)
      guard let identifier = Int(owner) else { continue }
      if !ProcessIdentity(identifier: identifier, started: "").isAlive {
        try? files.removeItem(at: artifactsDirectory.appendingPathComponent(name))
      }
    }
  }

  /// Hashes a file or a directory, and makes sure its bytes are on the disk
  /// before it gets its name.
  private static func contentHash(of url: URL) throws -> (sha256: String, byteCount: Int) {
    let files = FileManager.default
    var isDirectory: ObjCBool = false
    guard files.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
      throw StoreError(.artifact, "nothing was written")
    }
    guard isDirectory.boolValue else {
      let (digest, count) = try fileHash(of: url)
      return (hexadecimal(digest), count)
    }
    var total = 0
    var hash = SHA256()
    for path in try files.subpathsOfDirectory(atPath: url.path).sorted() {
      let file = url.appendingPathComponent(path)
      var inner: ObjCBool = false
      guard files.fileExists(atPath: file.path, isDirectory: &inner), !inner.boolValue
      else { continue }
      let (digest, count) = try fileHash(of: file)
      hash.update(data: Data("\(path)\0\(count)\0\(hexadecimal(digest))\n".utf8))
      total += count
    }
    return (hexadecimal(hash.finalize()), total)
  }

  private static func fileHash(of url: URL) throws -> (SHA256.Digest, Int) {
    let handle = try FileHandle(forUpdating: url)
    defer { try? handle.close() }
    var hash = SHA256()
    var count = 0
    while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
      hash.update(data: chunk)
      count += chunk.count
    }
    try handle.synchronize()
    return (hash.finalize(), count)
  }

  private static func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
