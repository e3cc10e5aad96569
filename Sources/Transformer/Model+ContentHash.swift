internal import Crypto
internal import Foundation
internal import Kernels

extension Model {
  /// SHA-256, in hexadecimal, over the configuration (its fields by name), the
  /// head and the float32 parameters as they are now. Takes about half a second
  /// for each gigabyte.
  public func contentHash() -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var hasher = SHA256()
    do {
      hasher.update(data: try encoder.encode(configuration))
    } catch {
      preconditionFailure("a valid configuration always encodes: \(error)")
    }
    hasher.update(data: Data("\n\(head.rawValue)\n".utf8))
    hasher.update(
      bufferPointer: UnsafeRawBufferPointer(
        UnsafeBufferPointer(start: parameters.pointer, count: layout.count)))
    return hasher.finalize().hexadecimal
  }
}

extension Sequence<UInt8> {
  /// Two lower-case digits a byte.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
