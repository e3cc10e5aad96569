/// Compression as in RFC 1951, small rather than tight: the fixed Huffman code,
/// and for each place the latest place that began with the same four bytes.
/// Plots are mostly paper and shrink to a few per cent.
enum Deflate {
  /// `bytes` as a zlib stream (RFC 1950).
  static func zlib(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    stream += compressed(bytes)
    let sum = adler32(bytes)
    return stream + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
  }

  static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }

  private static let window = 32768
  private static let longest = 258

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var bits = BitWriter()
    bits.append(0b011, count: 3)
    // Place of the latest occurrence by hash, plus one; 0 for none.
    var latest = [Int](repeating: 0, count: 1 << 15)
    var at = 0
    while at < bytes.count {
      var length = 0
      var distance = 0
      if at + 4 <= bytes.count {
        let slot = hash(bytes, at)
        let candidate = latest[slot] - 1
        latest[slot] = at + 1
        if candidate >= 0, at - candidate <= window {
          let limit = min(longest, bytes.count - at)
          while length < limit, bytes[candidate + length] == bytes[at + length] { length += 1 }
          distance = at - candidate
        }
      }
      if length >= 4 {
        bits.appendMatch(length: length, distance: distance)
        at += length
      } else {
        bits.appendSymbol(Int(bytes[at]))
        at += 1
      }
    }
    bits.appendSymbol(256)
    return bits.finished()
  }

  private static func hash(_ bytes: [UInt8], _ at: Int) -> Int {
    let word =
      UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
      | UInt32(bytes[at + 3]) << 24
    return Int((word &* 2_654_435_761) >> 17)
  }
}

/// Bits packed into bytes, the first in the lowest place.
private struct BitWriter {
  private var bytes: [UInt8] = []
  private var pending: UInt32 = 0
  private var count = 0

  mutating func append(_ value: UInt32, count new: Int) {
    pending |= value << UInt32(count)
    count += new
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      count -= 8
    }
  }

  /// Huffman codes come with their highest bit first.
  private mutating func appendCode(_ code: Int, count: Int) {
    var reversed: UInt32 = 0
    for bit in 0..<count where code >> bit & 1 == 1 { reversed |= 1 << UInt32(count - 1 - bit) }
    append(reversed, count: count)
  }

  /// A literal or length of the fixed code.
  mutating func appendSymbol(_ symbol: Int) {
    switch symbol {
    case 0..<144: appendCode(0x30 + symbol, count: 8)
    case 144..<256: appendCode(0x190 + symbol - 144, count: 9)
    case 256..<280: appendCode(symbol - 256, count: 7)
    default: appendCode(0xC0 + symbol - 280, count: 8)
    }
  }

  mutating func appendMatch(length: Int, distance: Int) {
    let lengthIndex = BitWriter.lengths.lastIndex { $0 <= length } ?? 0
    appendSymbol(257 + lengthIndex)
    append(
      UInt32(length - BitWriter.lengths[lengthIndex]), count: BitWriter.lengthBits(lengthIndex))
    let distanceIndex = BitWriter.distances.lastIndex { $0 <= distance } ?? 0
    appendCode(distanceIndex, count: 5)
    append(
      UInt32(distance - BitWriter.distances[distanceIndex]),
      count: distanceIndex < 4 ? 0 : distanceIndex / 2 - 1)
  }

  mutating func finished() -> [UInt8] {
    if count > 0 { append(0, count: 8 - count) }
    return bytes
  }

  private static func lengthBits(_ index: Int) -> Int {
    index < 8 || index == 28 ? 0 : index / 4 - 1
  }

  /// The least length of each length code.
  private static let lengths: [Int] = {
    var lengths: [Int] = []
    var next = 3
    for index in 0..<28 {
      lengths.append(next)
      next += 1 << lengthBits(index)
    }
    return lengths + [258]
  }()

  /// The least distance of each distance code.
  private static let distances: [Int] = {
    var distances: [Int] = []
    var next = 1
    for index in 0..<30 {
      distances.append(next)
      next += 1 << (index < 4 ? 0 : index / 2 - 1)
    }
    return distances
  }()
}
