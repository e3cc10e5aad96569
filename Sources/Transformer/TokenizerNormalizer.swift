internal import Foundation

/// Unicode normalisation form C as the `tokenizers` library computes it.
enum TokenizerNormalizer {
  /// Composes valid UTF-8. The library's tables are those of Unicode 9: to it a
  /// character assigned later combines with nothing and keeps its place, so the
  /// text is composed in the stretches between such characters.
  static func composed(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(where: { $0 >= 0x80 }) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var stretch = String.UnicodeScalarView()
    func flush() {
      result.append(contentsOf: String(stretch).precomposedStringWithCanonicalMapping.utf8)
      stretch.removeAll()
    }
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar.value >= 0x80, let age = scalar.properties.age, age.major > 9 {
        flush()
        result.append(contentsOf: UTF8.encode(scalar)!)
      } else {
        stretch.append(scalar)
      }
    }
    flush()
    return result
  }
}
