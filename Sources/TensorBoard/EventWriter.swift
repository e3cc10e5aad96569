public import Foundation

/// Writes figures as an event file that TensorBoard reads.
///
/// Records are only ever appended, each with one write to the file, so a reader
/// sees every step as soon as it is added, and a stopped run leaves a sound file.
/// A directory is one run to TensorBoard; it may hold several event files.
public final class EventWriter {
  /// The file: `events.out.tfevents.<seconds>.<host>`, numbered when that is
  /// taken.
  public let file: URL
  private let handle: FileHandle

  /// Makes the directory and a new file in it, with the version event.
  ///
  /// - Parameter time: of the file's name and its first event.
  public init(directory: URL, time: Date = Date()) throws(EventFileError) {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      file = try Self.newFile(in: directory, time: time)
      handle = try FileHandle(forWritingTo: file)
      try handle.seekToEnd()
    } catch {
      throw EventFileError("make an event file", directory.path, error)
    }
    try append(Event(wallTime: time.timeIntervalSince1970, step: 0, content: .fileVersion))
  }

  deinit { try? handle.close() }

  /// Appends one step's figures.
  ///
  /// - Parameters:
  ///   - scalars: by tag, such as `ppo/objective/kl`; written in the tags' order,
  ///     as single-precision numbers.
  ///   - step: at least 0.
  public func add(
    _ scalars: [String: Double], step: Int, time: Date = Date()
  ) throws(EventFileError) {
    precondition(step >= 0, "a step is at least 0, not \(step)")
    let sorted = scalars.sorted { $0.key < $1.key }.map { (tag: $0.key, value: Float($0.value)) }
    try append(
      Event(wallTime: time.timeIntervalSince1970, step: step, content: .scalars(sorted)))
  }

  private func append(_ event: Event) throws(EventFileError) {
    do {
      try handle.write(contentsOf: Data(event.record))
    } catch {
      throw EventFileError("write an event", file.path, error)
    }
  }

  /// Another writer of the same second and host has another number.
  private static func newFile(in directory: URL, time: Date) throws -> URL {
    let host = ProcessInfo.processInfo.hostName.split(separator: "/").joined(separator: "-")
    let name = "events.out.tfevents.\(Int(time.timeIntervalSince1970)).\(host)"
    var number = 0
    while true {
      let file = directory.appendingPathComponent(number == 0 ? name : "\(name).\(number)")
      do {
        try Data().write(to: file, options: .withoutOverwriting)
        return file
      } catch CocoaError.fileWriteFileExists {
        number += 1
      }
    }
  }
}
