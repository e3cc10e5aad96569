/// An event as TensorBoard reads it, as protocol-buffer bytes
/// (tensorflow/core/util/event.proto and framework/summary.proto).
struct Event {
  enum Content {
    /// The first event of a file: what version of events follows.
    case fileVersion
    /// Figures by tag.
    case scalars([(tag: String, value: Float)])
  }

  /// Seconds since 1970.
  var wallTime: Double
  var step: Int
  var content: Content

  /// The message `Event`: wall_time = 1, step = 2, file_version = 3, summary = 5.
  var bytes: [UInt8] {
    var message = ProtocolBuffer()
    message.add(1, wallTime)
    if step != 0 { message.add(2, Int64(step)) }
    switch content {
    case .fileVersion: message.add(3, Array("brain.Event:2".utf8))
    case .scalars(let scalars):
      // Summary: repeated Value value = 1, of tag = 1 and simple_value = 2.
      var summary = ProtocolBuffer()
      for (tag, value) in scalars {
        var entry = ProtocolBuffer()
        entry.add(1, Array(tag.utf8))
        entry.add(2, value)
        summary.add(1, entry.bytes)
      }
      message.add(5, summary.bytes)
    }
    return message.bytes
  }

  /// The event as a TFRecord: its length, a checksum of that, the event, a
  /// checksum of that; little-endian.
  var record: [UInt8] {
    let data = bytes
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(maskedCRC32C(length)) + data + littleEndian(maskedCRC32C(data))
  }
}

/// As much of the protocol-buffer encoding as events need.
private struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: UInt64, _ value: Double) {
    addVarint(field << 3 | 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func add(_ field: UInt64, _ value: Float) {
    addVarint(field << 3 | 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func add(_ field: UInt64, _ value: Int64) {
    addVarint(field << 3)
    addVarint(UInt64(bitPattern: value))
  }

  /// A string or an embedded message.
  mutating func add(_ field: UInt64, _ value: [UInt8]) {
    addVarint(field << 3 | 2)
    addVarint(UInt64(value.count))
    bytes += value
  }

  private mutating func addVarint(_ value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

private func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<(T.bitWidth / 8)).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
