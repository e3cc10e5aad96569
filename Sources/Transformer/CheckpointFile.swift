internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Reading and writing the small files of a model directory.
enum CheckpointFile {
  /// Far above any real tokenizer.json; a limit so that a wrong path cannot fill
  /// the memory.
  private static let maximumBytes = 1 << 28

  /// The whole file. Throws when it is missing (with `hint`), unreadable or
  /// larger than 256 MiB.
  static func read(_ url: URL, hint: String) throws(CheckpointError) -> Data {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw CheckpointError(.missing, path: url.path, "no such file", hint: hint)
    }
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      let data = try handle.read(upToCount: maximumBytes + 1) ?? Data()
      guard data.count <= maximumBytes else {
        throw CheckpointError(
          .unsupported, path: url.path, "larger than \(maximumBytes) bytes",
          hint: "check that this is the right file")
      }
      return data
    } catch let error as CheckpointError {
      throw error
    } catch {
      throw CheckpointError(
        .inaccessible, path: url.path, "cannot be read (\(reason(error)))",
        hint: "check that it is a file you may read")
    }
  }

  static func readIfPresent(_ url: URL) throws(CheckpointError) -> Data? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    return try read(url, hint: "check the file")
  }

  static func parse(_ data: Data, _ path: String) throws(CheckpointError) -> CheckpointJSON {
    do throws(CheckpointJSONError) {
      return try CheckpointJSON(parsing: data)
    } catch {
      throw CheckpointError(
        .malformed, path: path,
        "not JSON: \(error.problem) at byte \(error.offset) of \(data.count)",
        hint: "restore or download the file again")
    }
  }

  /// Replaces the file by a rename, so that a reader sees the old or the new one.
  static func write(_ data: Data, to url: URL) throws(CheckpointError) {
    try replace(url) { file throws(CheckpointError) in
      try file.write(data)
    }
  }

  /// Lets `body` write a new file beside `url` and moves it there, complete and
  /// flushed to the disk. When anything fails, `url` is as before.
  static func replace(
    _ url: URL, _ body: (Output) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let temporary = url.path + ".\(ProcessInfo.processInfo.processIdentifier).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(url, "cannot be created") }
    do throws(CheckpointError) {
      try body(Output(descriptor: descriptor, url: url))
      guard fsync(descriptor) == 0 else { throw failure(url, "cannot be written") }
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, url.path) == 0 else {
      let error = failure(url, "cannot be replaced")
      unlink(temporary)
      throw error
    }
  }

  /// Renames a directory; throws if there is something at the new place.
  static func move(_ directory: URL, to url: URL) throws(CheckpointError) {
    guard rename(directory.path, url.path) == 0 else { throw failure(url, "cannot be created") }
  }

  /// A file being written; used only inside the call that handed it out.
  struct Output {
    fileprivate let descriptor: Int32
    fileprivate let url: URL

    func write(_ data: Data) throws(CheckpointError) {
      guard data.withUnsafeBytes(put) else { throw failure(url, "cannot be written") }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
      guard put(bytes) else { throw failure(url, "cannot be written") }
    }

    private func put(_ bytes: UnsafeRawBufferPointer) -> Bool {
      var rest = bytes
      while !rest.isEmpty {
        let written = systemWrite(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
      return true
    }
  }

  /// An error from the system's last failure.
  static func failure(_ url: URL, _ problem: String) -> CheckpointError {
    CheckpointError(
      .inaccessible, path: url.path, "\(problem) (\(String(cString: strerror(errno))))",
      hint: "check the path, its permissions and the free space")
  }

  static func reason(_ error: any Error) -> String {
    (error as NSError).localizedDescription
  }
}

/// The system call, whose name `Output.write` hides.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}
