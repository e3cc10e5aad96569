internal import Foundation
internal import Kernels

/// The safetensors files of a model directory, as one table of tensors.
struct WeightFiles {
  private let directory: URL
  /// Every tensor by name, and the file that holds it.
  private var tensors: [String: (file: SafetensorsFile, tensor: Safetensors.Tensor)] = [:]

  init(directory: URL) throws(CheckpointError) {
    self.directory = directory
    let single = directory.appending(path: "model.safetensors")
    let index = directory.appending(path: "model.safetensors.index.json")
    if FileManager.default.fileExists(atPath: single.path) {
      try add(SafetensorsFile(contentsOf: single))
    } else if FileManager.default.fileExists(atPath: index.path) {
      try addShards(index)
    } else {
      let pickled = directory.appending(path: "pytorch_model.bin")
      throw CheckpointError(
        .missing, path: single.path, "no such file, nor an index of shards beside it",
        hint: FileManager.default.fileExists(atPath: pickled.path)
          ? "pytorch_model.bin is not read: save the model anew with safe_serialization=True"
          : "copy the model's weights there in safetensors form")
    }
  }

  private mutating func add(_ file: SafetensorsFile) throws(CheckpointError) {
    for tensor in file.tensors {
      guard tensors.updateValue((file, tensor), forKey: tensor.name) == nil else {
        throw CheckpointError(
          .malformed, path: file.url.path, "tensor \(tensor.name) is also in another shard",
          hint: "save the model anew")
      }
    }
  }

  private mutating func addShards(_ index: URL) throws(CheckpointError) {
    func malformed(_ problem: String) -> CheckpointError {
      CheckpointError(
        .malformed, path: index.path, problem, hint: "download or save the model again")
    }
    let json = try CheckpointFile.parse(
      CheckpointFile.read(index, hint: "save the model again"), index.path)
    guard let map = json["weight_map"]?.members, !map.isEmpty else {
      throw malformed("weight_map is missing or empty")
    }
    var names: Set<String> = []
    for entry in map {
      // A shard lies in the directory itself, never elsewhere.
      guard let name = entry.value.string, name.hasSuffix(".safetensors"), !name.contains("/")
      else { throw malformed("the file of tensor \(entry.key) is not a shard's name") }
      names.insert(name)
    }
    for name in names.sorted() {
      try add(SafetensorsFile(contentsOf: directory.appending(path: name)))
    }
    for entry in map {
      let shard = entry.value.string
      guard tensors[entry.key]?.file.url.lastPathComponent == shard else {
        throw malformed("tensor \(entry.key) is not in \(shard ?? "its shard")")
      }
    }
  }

  /// Which head to load, given what config.json states and the caller needs.
  func head(stated: Head, requested: Head?) throws(CheckpointError) -> Head {
    let hasScore = tensors["score.weight"] != nil
    let head = requested ?? (hasScore ? .scalar : stated)
    switch head {
    case .scalar where !hasScore:
      throw CheckpointError(
        .mismatch, path: directory.path, "missing reward head: there is no tensor score.weight",
        hint: "give a directory saved from a preference model")
    case .languageModel where hasScore:
      throw CheckpointError(
        .mismatch, path: directory.path,
        "a preference model (it holds score.weight) where a language model is needed",
        hint: "give the directory of a language model")
    default:
      return head
    }
  }

  /// Throws on the first tensor, by name, that is missing, misshapen or unexpected.
  func check(against layout: ParameterLayout) throws(CheckpointError) {
    let expected = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0) })
    let missing = layout.tensors.map(\.name).filter { tensors[$0] == nil }
    guard missing.isEmpty else {
      throw problem("missing \(list(missing))")
    }
    for tensor in layout.tensors {
      let found = tensors[tensor.name]?.tensor.shape ?? []
      guard found == tensor.shape else {
        throw problem("tensor \(tensor.name) has shape \(found), expected \(tensor.shape)")
      }
    }
    let embedding = expected["model.embed_tokens.weight"]
    let unexpected = tensors.keys.filter { name in
      guard expected[name] == nil else { return false }
      // Tables that old files carry, which follow from config.json.
      if name.hasSuffix(".rotary_emb.inv_freq") { return false }
      return !(name == "lm_head.weight" && expected["score.weight"] == nil)
    }
    guard unexpected.isEmpty else { throw problem("unexpected \(list(unexpected.sorted()))") }
    if expected["lm_head.weight"] == nil, let head = tensors["lm_head.weight"]?.tensor {
      guard head.shape == embedding?.shape else {
        throw problem(
          "lm_head.weight has shape \(head.shape), but config.json ties it to the embedding, "
            + "\(embedding?.shape ?? [])")
      }
    }
  }

  /// Fills the model's parameters; `check` has passed.
  func read(into model: Model) throws(CheckpointError) {
    for target in model.layout.tensors {
      guard let (file, tensor) = tensors[target.name] else {
        preconditionFailure("\(target.name) was checked to be there")
      }
      let destination = model.parameters.pointer + target.offset
      file.read(tensor, into: destination)
      guard Self.isFinite(destination, tensor.count) else {
        throw problem("tensor \(tensor.name) holds infinity or NaN")
      }
    }
    try checkTiedHead(model)
  }

  /// A stored language-model head of a tied model must be the embedding.
  private func checkTiedHead(_ model: Model) throws(CheckpointError) {
    guard model.layout["lm_head.weight"] == nil,
      let (file, tensor) = tensors["lm_head.weight"],
      let embedding = model.layout["model.embed_tokens.weight"]
    else { return }
    let head = UnsafeMutablePointer<Float>.allocate(capacity: tensor.count)
    defer { head.deallocate() }
    file.read(tensor, into: head)
    let start = model.parameters.pointer + embedding.offset
    for index in 0..<tensor.count where head[index] != start[index] {
      throw problem(
        "lm_head.weight differs from the embedding, though config.json ties them "
          + "(tie_word_embeddings = true)")
    }
  }

  private static func isFinite(_ values: UnsafePointer<Float>, _ count: Int) -> Bool {
    var largest: UInt32 = 0
    for index in 0..<count { largest = max(largest, values[index].bitPattern & 0x7fff_ffff) }
    return largest < 0x7f80_0000
  }

  private func problem(_ text: String) -> CheckpointError {
    CheckpointError(
      .mismatch, path: directory.path, text,
      hint: "the weights and config.json do not belong together, or are damaged: save both anew")
  }

  private func list(_ names: [String]) -> String {
    let shown = names.prefix(3).joined(separator: ", ")
    return names.count > 3
      ? "tensors \(shown) and \(names.count - 3) more"
      : "tensor\(names.count > 1 ? "s" : "") \(shown)"
  }
}
