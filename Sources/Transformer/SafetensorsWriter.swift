public import Foundation
internal import Kernels

extension Safetensors {
  /// How numbers are stored.
  public enum Precision: String, Hashable, Sendable, Codable {
    case float32
    /// Rounded to the nearest, ties to even: 8 bits of precision.
    case bfloat16

    public var elementType: ElementType { self == .float32 ? .float32 : .bfloat16 }
  }

  /// A tensor to be written: `values` holds the product of `shape` floats.
  public struct Source {
    public let name: String
    public let shape: [Int]
    public let values: UnsafePointer<Float>

    public init(name: String, shape: [Int], values: UnsafePointer<Float>) {
      self.name = name
      self.shape = shape
      self.values = values
    }

    var count: Int { shape.reduce(1, *) }
  }

  /// Writes a file by rename, so that `url` always holds a complete one. Equal
  /// tensors and metadata give equal bytes, in whatever order they are given:
  /// tensors by name, a header padded with spaces to a multiple of 8.
  public static func write(
    _ tensors: [Source], precision: Precision = .float32,
    metadata: [String: String] = ["format": "pt"], to url: URL
  ) throws(CheckpointError) {
    let sorted = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let header = header(sorted, precision, metadata)
    try CheckpointFile.replace(url) { file throws(CheckpointError) in
      try file.write(header)
      for tensor in sorted {
        switch precision {
        case .float32:
          try file.write(
            UnsafeRawBufferPointer(UnsafeBufferPointer(start: tensor.values, count: tensor.count)))
        case .bfloat16:
          try writeRounded(tensor, to: file)
        }
      }
    }
  }

  private static func header(
    _ tensors: [Source], _ precision: Precision, _ metadata: [String: String]
  ) -> Data {
    var members: [CheckpointJSON.Member] = []
    if !metadata.isEmpty {
      let entries = metadata.sorted { $0.key < $1.key }.map {
        CheckpointJSON.Member(key: $0.key, value: .string($0.value))
      }
      members.append(.init(key: "__metadata__", value: .object(entries)))
    }
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.count * precision.elementType.size
      members.append(
        .init(
          key: tensor.name,
          value: .object([
            .init(key: "dtype", value: .string(precision.elementType.rawValue)),
            .init(key: "shape", value: .array(tensor.shape.map { .integer($0) })),
            .init(key: "data_offsets", value: .array([.integer(offset), .integer(end)])),
          ])))
      offset = end
    }
    var text = Data(CheckpointJSON.object(members).text().utf8)
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text
  }

  private static func writeRounded(
    _ tensor: Source, to file: CheckpointFile.Output
  ) throws(CheckpointError) {
    let block = 1 << 18
    var rounded = [UInt16](repeating: 0, count: min(block, tensor.count))
    var start = 0
    while start < tensor.count {
      let count = min(block, tensor.count - start)
      floatToBfloat16(&rounded, tensor.values + start, count: count)
      try file.write(rounded[..<count].withUnsafeBytes { Data($0) })
      start += count
    }
  }
}
