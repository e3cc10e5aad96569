import Foundation
import Testing

@testable import TensorBoard

@Suite struct EventTests {
  /// The check value of CRC-32C, and RFC 3720's vectors (B.4): 32 bytes of 0, of
  /// 0xff, and rising.
  @Test func checksumsAreCastagnoli() {
    #expect(crc32c(Array("123456789".utf8)) == 0xe306_9283)
    #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(crc32c((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(crc32c([]) == 0)
  }

  /// Written out by hand: 0x3F800000 is 1 as Float, 0x3FF8000000000000 1.5 as
  /// Double, 0xAC 0x02 the varint of 300.
  @Test func eventsAreProtocolBuffers() {
    let event = Event(wallTime: 1.5, step: 300, content: .scalars([("a/b", 1), ("c", -2)]))
    #expect(
      event.bytes == [
        0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f,  // wall_time = 1.5
        0x10, 0xac, 0x02,  // step = 300
        0x2a, 0x16,  // summary of 22 bytes
        0x0a, 0x0a, 0x0a, 0x03, 0x61, 0x2f, 0x62, 0x15, 0, 0, 0x80, 0x3f,  // "a/b" = 1
        0x0a, 0x08, 0x0a, 0x01, 0x63, 0x15, 0, 0, 0, 0xc0,  // "c" = -2
      ])
  }

  /// A file's first record, byte for byte as TensorFlow writes it.
  @Test func recordsAreFramed() {
    let event = Event(wallTime: 0, step: 0, content: .fileVersion)
    let data: [UInt8] = [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0d] + Array("brain.Event:2".utf8)
    #expect(event.bytes == data)
    let record = event.record
    #expect(record.count == 16 + 24)
    #expect(Array(record[0..<8]) == [24, 0, 0, 0, 0, 0, 0, 0])
    // The masked checksum of that length, which begins every event file.
    #expect(Array(record[8..<12]) == [0xa3, 0x7f, 0x4b, 0x22])
    #expect(Array(record[12..<36]) == data)
    // By masked_crc32c of TensorBoard 2.21.0.
    #expect(Array(record[36..<40]) == [0xee, 0xdf, 0x28, 0xa3])
  }

  @Test func filesAreOnlyAppendedTo() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("events-\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    let writer = try EventWriter(directory: directory, time: time)
    #expect(writer.file.lastPathComponent.hasPrefix("events.out.tfevents.1700000000."))
    let head = try Data(contentsOf: writer.file)
    try writer.add(["b": 2, "a": 1], step: 7, time: time)
    let event = Event(
      wallTime: 1_700_000_000, step: 7, content: .scalars([("a", 1), ("b", 2)]))
    #expect(try Data(contentsOf: writer.file) == head + Data(event.record))

    let second = try EventWriter(directory: directory, time: time)
    #expect(second.file != writer.file)
    #expect(try Data(contentsOf: second.file) == head)
  }

  @Test func whatCannotBeWrittenIsAnError() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("events-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data().write(to: file)
    let error = #expect(throws: EventFileError.self) {
      _ = try EventWriter(directory: file.appendingPathComponent("run"))
    }
    #expect(error?.description.contains(file.path) == true)
  }
}
