import Foundation

/// Why an event file could not be made or written to. `description` is one line:
/// what failed, where, and why.
public struct EventFileError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ action: String, _ path: String, _ cause: any Error) {
    let reason = cause.localizedDescription.split(whereSeparator: \.isNewline)
      .joined(separator: " ")
    description = "cannot \(action): \(reason) — \(path)"
  }
}
