internal import Foundation
internal import Kernels
internal import Transformer

/// A run's state on disk: named float32 buffers and a JSON description in one
/// safetensors file, replaced by rename, so that a stop at any moment leaves a
/// whole file.
enum TrainingFile {
  /// Grows when an older file could be misread.
  private static let format = "solon training state 1"

  static func write(
    _ buffers: [(name: String, values: FloatBuffer)], description: some Encodable, to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(description), as: UTF8.self)
    try Safetensors.write(
      buffers.map { .init(name: $0.name, shape: [$0.values.count], values: $0.values.pointer) },
      metadata: ["format": format, "state": json], to: url)
  }

  static func open<Description: Decodable>(
    _ url: URL, _ type: Description.Type
  ) throws -> (file: SafetensorsFile, description: Description) {
    let file = try SafetensorsFile(contentsOf: url)
    guard file.metadata["format"] == format, let json = file.metadata["state"],
      let description = try? JSONDecoder().decode(type, from: Data(json.utf8))
    else {
      throw TrainingError(
        "\(url.path): not a training state of this version; delete the file to start over")
    }
    return (file, description)
  }

  static func read(_ name: String, from file: SafetensorsFile, into buffer: FloatBuffer) throws {
    guard let tensor = file[name], tensor.type == .float32, tensor.count == buffer.count else {
      throw TrainingError(
        "\(file.url.path): '\(name)' is \(file[name]?.count ?? 0) numbers where this model has"
          + " \(buffer.count); the state is of another model; delete the file to start over")
    }
    file.read(tensor, into: buffer.pointer)
  }
}
