import Foundation
import KeyedRandom
import Testing

@testable import Transformer

/// A directory that goes away with the value.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "transformer-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func file(_ name: String, _ data: Data) throws -> URL {
    let file = url.appending(path: name)
    try data.write(to: file)
    return file
  }
}

/// The bytes of a safetensors file with this header text.
func safetensors(_ header: String, _ numbers: [UInt8] = []) -> Data {
  withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    + Data(header.utf8) + Data(numbers)
}

@Suite struct SafetensorsTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func read(_ file: SafetensorsFile, _ name: String) throws -> [Float] {
    let tensor = try #require(file[name])
    var values = [Float](repeating: .nan, count: tensor.count)
    values.withUnsafeMutableBufferPointer { file.read(tensor, into: $0.baseAddress!) }
    return values
  }

  private func write(
    _ tensors: [(String, [Int], [Float])], _ precision: Safetensors.Precision = .float32
  ) throws -> URL {
    let url = directory.url.appending(path: "written.safetensors")
    let buffers = tensors.map { _, _, values in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, values.count))
      _ = buffer.initialize(from: values)
      return buffer
    }
    defer { for buffer in buffers { buffer.deallocate() } }
    try Safetensors.write(
      zip(tensors, buffers).map { tensor, buffer in
        .init(name: tensor.0, shape: tensor.1, values: UnsafePointer(buffer.baseAddress!))
      }, precision: precision, to: url)
    return url
  }

  /// Bytes that the Python library wrote:
  /// `save({"b": tensor([[1, -2], [0.5, 3]]), "a": tensor([1.5])}, {"format": "pt"})`.
  @Test(arguments: [Safetensors.Precision.float32, .bfloat16])
  func bytesAreThoseOfThePythonLibrary(_ precision: Safetensors.Precision) throws {
    let type = precision == .float32 ? "F32" : "BF16"
    let (first, end) = precision == .float32 ? (4, 20) : (2, 10)
    let header =
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,\#(first)]},"#
      + #""b":{"dtype":"\#(type)","shape":[2,2],"data_offsets":[\#(first),\#(end)]}}"#
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    let numbers: [UInt8] =
      precision == .float32
      ? [0, 0, 0xc0, 0x3f, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0x40, 0x40]
      : [0xc0, 0x3f, 0x80, 0x3f, 0, 0xc0, 0, 0x3f, 0x40, 0x40]
    let url = try write([("b", [2, 2], [1, -2, 0.5, 3]), ("a", [1], [1.5])], precision)
    #expect(try Data(contentsOf: url) == safetensors(header + padding, numbers))
  }

  @Test func roundTripInFloat32() throws {
    var generator = RandomKey(seed: 5, stage: "test", item: "values").generator()
    let values = (0..<1_000).map { _ in
      Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
    }
    let url = try write([("x", [10, 100], values), ("empty", [0, 4], []), ("scalar", [], [7])])
    let file = try SafetensorsFile(contentsOf: url)
    #expect(try read(file, "x").map(\.bitPattern) == values.map(\.bitPattern))
    #expect(try read(file, "scalar") == [7])
    #expect(file["empty"]?.shape == [0, 4])
    #expect(file.metadata == ["format": "pt"])
    #expect(file["none"] == nil)
    #expect(file.tensors.map(\.name) == ["empty", "scalar", "x"])
  }

  @Test func bfloat16RoundsToNearestEven() throws {
    // 1 + 2^-8 is a tie and goes down to even; 1 + 3·2^-8 goes up to even.
    let values: [Float] = [
      1, 1 + 0x1p-8, 1 + 0x1.8p-7, 1 + 0x1.0002p-8, -3.4e38, .infinity, 0x1p-133,
    ]
    let expected: [Float] = [1, 1, 1 + 0x1p-6, 1 + 0x1p-7, -.infinity, .infinity, 0x1p-133]
    let file = try SafetensorsFile(contentsOf: write([("x", [7], values)], .bfloat16))
    #expect(try read(file, "x") == expected)
  }

  @Test func longTensorsInBfloat16() throws {
    let values = (0..<600_001).map { Float($0 % 251) }
    let file = try SafetensorsFile(contentsOf: write([("x", [600_001], values)], .bfloat16))
    #expect(try read(file, "x") == values)
  }

  /// Against the compiler's own half precision, every bit pattern.
  @Test func halfPrecision() throws {
    #if arch(x86_64) || arch(arm64)
      for bits in UInt16.min...UInt16.max {
        let expected = Float(Float16(bitPattern: bits))
        let found = Safetensors.float(half: bits)
        #expect(found == expected || (found.isNaN && expected.isNaN), "\(bits)")
        #expect(found.sign == expected.sign)
      }
    #endif
    let url = try directory.file(
      "half.safetensors",
      safetensors(
        #"{"x":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}"#, [0, 0x3c, 0, 0xc0, 1, 0]))
    #expect(try read(SafetensorsFile(contentsOf: url), "x") == [1, -2, 0x1p-24])
  }

  /// Headers of any length are allowed, so numbers may lie at odd addresses.
  @Test func unalignedNumbers() throws {
    for spaces in 0..<8 {
      let header = #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
      let url = try directory.file(
        "odd.safetensors",
        safetensors(
          header + String(repeating: " ", count: spaces), [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]))
      #expect(try read(SafetensorsFile(contentsOf: url), "x") == [1, -2])
    }
  }

  struct Damage: Sendable, CustomStringConvertible {
    let expected: String
    let data: Data
    var description: String { expected }
    init(_ expected: String, _ data: Data) { (self.expected, self.data) = (expected, data) }
    init(_ expected: String, _ header: String, _ count: Int) {
      self.init(expected, safetensors(header, [UInt8](repeating: 0, count: count)))
    }
  }

  static let damages: [Damage] = [
    .init("expected at least 8 bytes, found 0", Data()),
    .init("expected at least 8 bytes, found 3", Data([1, 2, 3])),
    .init("a header of 18446744073709551615 bytes", Data(repeating: 0xff, count: 64)),
    .init("expected at least 108 bytes, found 9", Data([100, 0, 0, 0, 0, 0, 0, 0, 0x7b])),
    .init("header is not JSON", "{", 0),
    .init("header is not JSON", "[]", 0),
    .init("repeated", #"{"x":{},"x":{}}"#, 0),
    .init("lacks dtype", #"{"x":{"dtype":"F32","shape":[1]}}"#, 4),
    .init("lacks dtype", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4),
    .init("dtype I64", #"{"x":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, 8),
    .init("whole numbers from 0", #"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
    .init("whole numbers from 0", #"{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4),
    .init(
      "too large",
      #"{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#, 4),
    .init("needs 8 bytes", #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
    .init("data_offsets [4, 0]", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
    .init("data_offsets [-4, 0]", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4),
    .init(
      "data_offsets",
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]}}"#, 4),
    .init("gap or overlap", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
    .init(
      "gap or overlap",
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      4),
    .init(
      "truncated: expected 66 bytes, found 65",
      #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3),
    .init("not all belong", #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5),
    .init("__metadata__", #"{"__metadata__":{"a":1}}"#, 0),
  ]

  @Test(arguments: damages) func refuses(_ damage: Damage) throws {
    let url = try directory.file("damaged.safetensors", damage.data)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(contentsOf: url) }
    let description = error?.description ?? ""
    #expect(description.contains(damage.expected), "\(description)")
    #expect(description.hasPrefix(url.path + ": ") && !description.contains("\n"))
  }

  @Test func refusesWhatIsNoFile() {
    for path in [directory.url.appending(path: "none"), directory.url] {
      #expect(throws: CheckpointError.self) { try SafetensorsFile(contentsOf: path) }
    }
  }

  /// A failed write leaves neither a new file nor its parts.
  @Test func failedWriteLeavesTheOldFile() throws {
    let old = try directory.file("model.safetensors", Data("old".utf8))
    let error = CheckpointError(.inaccessible, path: "x", "disk full", hint: "y")
    #expect(throws: error) {
      try CheckpointFile.replace(old) { file throws(CheckpointError) in
        try file.write(Data("half".utf8))
        throw error
      }
    }
    #expect(try Data(contentsOf: old) == Data("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path).count == 1)
    #expect(throws: CheckpointError.self) {
      try CheckpointFile.write(Data(), to: directory.url.appending(path: "no/such/folder"))
    }
  }

  /// Damaged files give an error or a file whose tensors can be read.
  @Test func damagedFiles() throws {
    let data = try Data(
      contentsOf: write([("aa", [3, 2], [1, 2, 3, 4, 5, 6]), ("b", [2], [7, 8]), ("c", [0], [])]))
    var generator = RandomKey(seed: 6, stage: "test", item: "damage").generator()
    var loaded = 0
    for _ in 0..<3_000 {
      var damaged = data
      for _ in 0...generator.index(below: 3) {
        let place = generator.index(below: damaged.count)
        switch generator.index(below: 4) {
        case 0: damaged[place] = UInt8(generator.index(below: 256))
        case 1: damaged[place] = Array("0123456789{}[],:\" ".utf8)[generator.index(below: 18)]
        case 2: damaged.append(UInt8(generator.index(below: 256)))
        default: damaged.removeLast(min(damaged.count - 8, 1 + place % 20))
        }
      }
      do throws(CheckpointError) {
        // In memory first: thousands of small files would take long.
        _ = try damaged.withUnsafeBytes { bytes in
          Result { () throws(CheckpointError) in
            try SafetensorsHeader(path: "fuzz", file: bytes).read()
          }
        }.get()
        guard let url = try? directory.file("fuzz.safetensors", damaged) else { continue }
        let file = try SafetensorsFile(contentsOf: url)
        for tensor in file.tensors where tensor.count > 0 {
          var values = [Float](repeating: 0, count: tensor.count)
          values.withUnsafeMutableBufferPointer { file.read(tensor, into: $0.baseAddress!) }
        }
        loaded += 1
      } catch {
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(loaded > 0 && loaded < 3_000)
  }
}
