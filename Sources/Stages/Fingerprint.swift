import Crypto
import Foundation

/// Names what is remembered. A number rises when what the code computes changes,
/// so that results of the older code are not taken for its own.
enum StageVersion {
  static let generate = "generate 3"
  static let choices = "choices 2"
  static let fineTune = "finetune 4"
  static let preference = "preference 4"
  static let ppo = "ppo 4"
  static let pretrain = "pretrain 4"
  /// A whole run: what is recorded besides calls and trained models.
  static let run = "run 2"

  /// What a run depends on.
  static let all = [generate, choices, fineTune, preference, ppo, run]
}

/// Builds a SHA-256 over labelled parts. Each part is length-prefixed, so no
/// two lists of parts collide by concatenation.
struct Fingerprint {
  private var hasher = SHA256()

  init(_ kind: String) { add(kind) }

  mutating func add(_ text: String) {
    add(bytes: Array(text.utf8))
  }

  mutating func add(_ value: Double) {
    withUnsafeBytes(of: value.bitPattern.littleEndian) { add(bytes: Array($0)) }
  }

  mutating func add(_ value: Int) {
    withUnsafeBytes(of: Int64(value).littleEndian) { add(bytes: Array($0)) }
  }

  mutating func add(_ tokens: [Int32]) {
    tokens.withUnsafeBytes { add(bytes: Array($0)) }
  }

  mutating func add(_ values: [Float]) {
    values.withUnsafeBytes { add(bytes: Array($0)) }
  }

  /// Any encodable settings, as JSON with sorted keys.
  mutating func add(settings: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    add(bytes: Array(try encoder.encode(settings)))
  }

  private mutating func add(bytes: [UInt8]) {
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hasher.update(bufferPointer: $0) }
    bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
  }

  func data() -> Data { Data(hasher.finalize()) }

  func hex() -> String {
    data().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
