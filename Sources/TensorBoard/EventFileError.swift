import Foundation

/// Why an event file could not be made or written to. `description` is one line:
/// what failed, why, where, and what to look at.
public struct EventFileError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ action: String, _ path: String, _ cause: any Error) {
    // Foundation's own words may be no more than a number; the system's say why.
    let underlying = (cause as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    let reason = (underlying ?? cause).localizedDescription
      .split(whereSeparator: \.isNewline).joined(separator: " ")
    description = "cannot \(action): \(reason) — \(path) — check the directory and its disk"
  }
}
