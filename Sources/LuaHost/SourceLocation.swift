import Crypto
import Foundation

/// The text of one script exactly as it was read, and its hash.
///
/// A snapshot: editing the file afterwards changes nothing here, so a record of
/// a run can keep the very text that ran.
public final class ScriptText: Sendable, Hashable {
  /// Path relative to the project root, or the name given to `evaluate`.
  public let path: String
  /// SHA-256 of `text`'s UTF-8 bytes, 64 lower-case hexadecimal digits.
  public let sha256: String
  /// The whole text.
  public let text: String

  /// Takes the snapshot and hashes it.
  public init(path: String, text: String) {
    self.path = path
    self.text = text
    var hash = SHA256()
    var text = text
    text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    sha256 = hexadecimal(hash.finalize())
  }

  /// The text of line `number` (the first is 1), or nil past the end.
  public func line(_ number: Int) -> String? {
    guard number > 0 else { return nil }
    var current = 1
    var rest = Substring(text)
    while current < number {
      guard let end = rest.firstIndex(where: \.isNewline) else { return nil }
      rest = rest[rest.index(after: end)...]
      current += 1
    }
    return String(rest.prefix { !$0.isNewline })
  }

  public static func == (a: ScriptText, b: ScriptText) -> Bool {
    a === b || (a.path == b.path && a.sha256 == b.sha256)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(path)
    hasher.combine(sha256)
  }
}

/// 64 lower-case hexadecimal digits.
func hexadecimal(_ digest: SHA256.Digest) -> String {
  digest.reduce(into: "") { result, byte in
    result += String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
  }
}

/// A line of a script.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// Path relative to the project root, or the name given to `evaluate`.
  public var file: String
  /// Line number, from 1.
  public var line: Int
  /// The text the line belongs to, when it is known; never part of equality.
  public var script: ScriptText?

  public init(file: String, line: Int, script: ScriptText? = nil) {
    self.file = file
    self.line = line
    self.script = script
  }

  /// `file:line`.
  public var description: String { "\(file):\(line)" }

  public static func == (a: SourceLocation, b: SourceLocation) -> Bool {
    a.file == b.file && a.line == b.line
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(line)
  }
}
