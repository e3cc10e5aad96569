/// CRC-32C (Castagnoli), the checksum of records: RFC 3720, appendix B.4.
func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { crc32cTable[Int(($0 ^ UInt32($1)) & 0xff)] ^ ($0 >> 8) }
}

/// Remainders of every byte by the polynomial 0x1EDC6F41, bits reversed.
private let crc32cTable: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(UInt32(byte)) { rest, _ in
    rest & 1 == 1 ? (rest >> 1) ^ 0x82f6_3b78 : rest >> 1
  }
}

/// The checksum as TFRecord stores it: rotated and offset, because a checksum of
/// data that holds checksums is weak (tensorflow/core/lib/hash/crc32c.h).
func maskedCRC32C(_ bytes: some Sequence<UInt8>) -> UInt32 {
  let sum = crc32c(bytes)
  return (sum >> 15 | sum << 17) &+ 0xa282_ead8
}
