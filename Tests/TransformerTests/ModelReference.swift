import Foundation
import Kernels

@testable import Transformer

/// What `scripts/reference/record_llama.py` recorded, and the integer formulas
/// it made its weights, tokens and coefficients from.
struct ModelReference {
  private let header: [String: Entry]
  private let data: Data

  private struct Entry: Decodable {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  init(_ kind: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Reference/llama-\(kind).safetensors")
    let file = try Data(contentsOf: url)
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    header = try JSONDecoder().decode(
      [String: Entry].self, from: file.subdata(in: 8..<8 + length))
    data = file.subdata(in: 8 + length..<file.count)
  }

  subscript(name: String) -> [Float] {
    guard let entry = header[name], entry.dtype == "F32", let range = entry.offsets else {
      preconditionFailure("no float32 tensor \(name) was recorded")
    }
    return data.subdata(in: range[0]..<range[1]).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
  }

  static func configuration(tied: Bool, layers: Int = 2) -> ModelConfiguration {
    ModelConfiguration(
      vocabularySize: 64, hiddenSize: 32, intermediateSize: 56, layerCount: layers, headCount: 4,
      keyValueHeadCount: 2, headDimension: 16, maximumPositions: 64, normEpsilon: 1e-5,
      tiedEmbeddings: tied)
  }

  /// `count` numbers in [0, 1) with 24 bits: a hash of (stream, index).
  static func uniform(_ stream: UInt64, _ count: Int) -> [Double] {
    (1...UInt64(count)).map { index in
      var x = index &+ 1_000_003 &* stream
      x &*= 0x9E37_79B9_7F4A_7C15
      x ^= x >> 32
      x &*= 0xD6E8_FEB8_6659_FD93
      x ^= x >> 32
      return Double(x >> 40) / 0x1p24
    }
  }

  /// The model whose numbers were recorded, or one of other depth.
  static func model(
    tied: Bool, head: Head, precision: Precision = .float32, layers: Int = 2
  ) -> Model {
    let model = Model(
      configuration: configuration(tied: tied, layers: layers), head: head, precision: precision)
    for (stream, tensor) in model.layout.tensors.sorted(by: { $0.name < $1.name }).enumerated() {
      for (index, u) in zip(tensor.range, uniform(UInt64(stream), tensor.count)) {
        model.parameters[index] = Float(tensor.shape.count == 1 ? 0.75 + 0.5 * u : 0.5 * u - 0.25)
      }
    }
    return model
  }

  static let sequences: [[Int32]] = [7, 2, 21, 12, 5].enumerated().map { index, length in
    uniform(1000 + UInt64(index), length).map { Int32($0 * 64) }
  }

  static func coefficients(_ count: Int) -> [Float] {
    uniform(2000, count).map { Float(1.5 * $0 - 0.5) }
  }
}

/// Rows of a batch that predict a token of their own sequence, and those tokens.
func nextTokenTargets(_ batch: PackedBatch) -> (rows: [Int32], targets: [Int32]) {
  var rows: [Int32] = []
  for (start, end) in zip(batch.offsets, batch.offsets.dropFirst()) {
    rows += (start..<end - 1).map { Int32($0) }
  }
  return (rows, rows.map { batch.tokens[Int($0) + 1] })
}

/// Largest difference, relative to the reference's largest magnitude.
func relativeError(_ values: some Sequence<Float>, _ reference: [Float]) -> Float {
  let scale = reference.map(abs).max() ?? 0
  let values = Array(values)
  precondition(values.count == reference.count && scale > 0)
  return zip(values, reference).map { abs($0 - $1) }.max()! / scale
}

extension FloatBuffer {
  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pointer + range.lowerBound, count: range.count)
  }
}

extension Model {
  /// A random batch's sequences: one of each length.
  func randomSequences(_ lengths: [Int], seed: UInt64) -> [[Int32]] {
    lengths.enumerated().map { index, length in
      ModelReference.uniform(seed + UInt64(index), length).map {
        Int32($0 * Double(configuration.vocabularySize))
      }
    }
  }
}
