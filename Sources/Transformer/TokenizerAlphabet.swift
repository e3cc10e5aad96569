/// GPT-2's printable stand-ins for the 256 bytes, in which the entries of a
/// byte-level tokenizer.json are spelled: printable Latin-1 stands for itself,
/// the other bytes, in order, for U+0100 and on (a space is "Ġ").
/// Source: `bytes_to_unicode` in OpenAI's GPT-2 release.
enum TokenizerAlphabet {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch UInt8(byte) {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next)!
      }
    }
  }()

  /// The byte of each character below U+0144, or -1.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, character) in characters.enumerated() {
      bytes[Int(character.value)] = Int16(byte)
    }
    return bytes
  }()

  /// The bytes that an entry spells, or nil when a character stands for none.
  static func bytes(of spelling: some StringProtocol) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(spelling.utf8.count)
    for scalar in spelling.unicodeScalars {
      guard scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else { return nil }
      result.append(UInt8(bytes[Int(scalar.value)]))
    }
    return result
  }

  /// How an entry of these bytes is spelled.
  static func spelling(of bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(characters[Int(byte)]) }
    return text
  }
}
