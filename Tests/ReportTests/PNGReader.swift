/// Reads PNG files on its own terms: it shares no code with what wrote them.
struct PNGReader {
  struct Fault: Error {
    var what: String
  }

  let width: Int
  let height: Int
  /// Three bytes a pixel.
  let pixels: [UInt8]

  init(_ bytes: [UInt8]) throws {
    guard bytes.starts(with: [137, 80, 78, 71, 13, 10, 26, 10]) else {
      throw Fault(what: "signature")
    }
    var at = 8
    var names: [String] = []
    var header: [UInt8] = []
    var stream: [UInt8] = []
    func word(_ at: Int) -> Int { bytes[at..<(at + 4)].reduce(0) { $0 << 8 | Int($1) } }
    while at < bytes.count {
      let length = word(at)
      let body = Array(bytes[(at + 4)..<(at + 8 + length)])
      guard PNGReader.crc(body) == word(at + 8 + length) else { throw Fault(what: "CRC") }
      let name = String(decoding: body.prefix(4), as: UTF8.self)
      names.append(name)
      if name == "IHDR" { header = Array(body.dropFirst(4)) }
      if name == "IDAT" { stream += body.dropFirst(4) }
      at += 12 + length
    }
    guard names == ["IHDR", "IDAT", "IEND"] else { throw Fault(what: "chunks \(names)") }
    width = header[0..<4].reduce(0) { $0 << 8 | Int($1) }
    height = header[4..<8].reduce(0) { $0 << 8 | Int($1) }
    guard Array(header[8...]) == [8, 2, 0, 0, 0] else { throw Fault(what: "header") }
    let rows = try PNGReader.inflated(stream)
    guard rows.count == height * (1 + 3 * width) else { throw Fault(what: "size \(rows.count)") }
    var pixels: [UInt8] = []
    for row in 0..<height {
      let start = row * (1 + 3 * width)
      guard rows[start] == 0 else { throw Fault(what: "filter") }
      pixels += rows[(start + 1)..<(start + 1 + 3 * width)]
    }
    self.pixels = pixels
  }

  func pixel(_ x: Int, _ y: Int) -> [UInt8] {
    Array(pixels[(3 * (y * width + x))..<(3 * (y * width + x) + 3)])
  }

  /// Bit by bit, as the standard defines it.
  private static func crc(_ bytes: [UInt8]) -> Int {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    return Int(crc ^ 0xFFFF_FFFF)
  }

  /// A zlib stream of one block with the fixed code.
  private static func inflated(_ stream: [UInt8]) throws -> [UInt8] {
    guard stream[0] == 0x78, (Int(stream[0]) << 8 | Int(stream[1])) % 31 == 0 else {
      throw Fault(what: "zlib header")
    }
    var bit = 16
    func next(_ count: Int) -> Int {
      var value = 0
      for place in 0..<count {
        value |= Int(stream[bit >> 3] >> UInt8(bit & 7) & 1) << place
        bit += 1
      }
      return value
    }
    func code(_ count: Int) -> Int { (0..<count).reduce(0) { value, _ in value << 1 | next(1) } }
    guard next(1) == 1, next(2) == 1 else { throw Fault(what: "block") }
    let lengths = [
      3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
      131, 163, 195, 227, 258,
    ]
    let distances = [
      1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
      2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ]
    var output: [UInt8] = []
    while true {
      var symbol = code(7)
      if symbol < 24 {
        symbol += 256
      } else {
        symbol = symbol << 1 | next(1)
        switch symbol {
        case 48..<192: symbol -= 48
        case 192..<200: symbol += 88
        default: symbol = (symbol << 1 | next(1)) - 400 + 144
        }
      }
      if symbol == 256 { break }
      guard symbol > 256 else {
        output.append(UInt8(symbol))
        continue
      }
      let index = symbol - 257
      let length = lengths[index] + next(index < 8 || index == 28 ? 0 : (index - 4) / 4)
      let far = code(5)
      let distance = distances[far] + next(far < 4 ? 0 : (far - 2) / 2)
      guard distance <= output.count else { throw Fault(what: "distance") }
      for _ in 0..<length { output.append(output[output.count - distance]) }
    }
    var (a, b) = (1, 0)
    for byte in output {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    let sum = stream.suffix(4).reduce(0) { $0 << 8 | Int($1) }
    guard (bit + 7) / 8 + 4 == stream.count, sum == b << 16 | a else {
      throw Fault(what: "Adler-32")
    }
    return output
  }
}
