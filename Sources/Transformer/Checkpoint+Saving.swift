public import Foundation
internal import Kernels

extension Checkpoint {
  /// Writes a directory that `load`, and Hugging Face's transformers, read.
  ///
  /// A directory that does not exist yet appears complete, by a rename. In an
  /// existing one each file is replaced by a rename, the weights last; files that
  /// are not this program's stay. Equal models give equal bytes. The model's
  /// weights are written as they are now.
  public func save(
    to directory: URL, precision: Safetensors.Precision = .float32
  ) throws(CheckpointError) {
    let manager = FileManager.default
    guard !manager.fileExists(atPath: directory.path) else {
      return try write(into: directory, precision)
    }
    let process = ProcessInfo.processInfo.processIdentifier
    let partial = directory.deletingLastPathComponent().appending(
      path: ".\(directory.lastPathComponent).\(process).partial")
    do {
      if manager.fileExists(atPath: partial.path) { try manager.removeItem(at: partial) }
      try manager.createDirectory(at: partial, withIntermediateDirectories: true)
    } catch {
      throw CheckpointError(
        .inaccessible, path: directory.path,
        "cannot be created (\(CheckpointFile.reason(error)))", hint: "check the path")
    }
    do throws(CheckpointError) {
      try write(into: partial, precision)
      try CheckpointFile.move(partial, to: directory)
    } catch {
      try? manager.removeItem(at: partial)
      throw error
    }
  }

  private func write(
    into directory: URL, _ precision: Safetensors.Precision
  ) throws(CheckpointError) {
    let description = HuggingFaceConfiguration(
      configuration: model.configuration, head: model.head)
    try CheckpointFile.write(
      description.json(dtype: precision.rawValue), to: directory.appending(path: "config.json"))
    try CheckpointFile.write(tokenizer.json, to: directory.appending(path: "tokenizer.json"))
    try CheckpointFile.write(
      tokenizer.configurationJSON ?? tokenizerConfiguration,
      to: directory.appending(path: "tokenizer_config.json"))
    try write(generationConfiguration, to: directory.appending(path: "generation_config.json"))
    try write(
      .object([
        .init(key: "user", value: .string(chat.user)),
        .init(key: "assistant", value: .string(chat.assistant)),
        .init(key: "end_of_turn", value: .string(chat.endOfTurn)),
      ]), to: directory.appending(path: "chat_format.json"))
    let tensors = model.layout.tensors.map {
      Safetensors.Source(
        name: $0.name, shape: $0.shape, values: model.parameters.pointer + $0.offset)
    }
    try Safetensors.write(
      tensors, precision: precision, to: directory.appending(path: "model.safetensors"))
  }

  private func write(_ json: CheckpointJSON, to url: URL) throws(CheckpointError) {
    try CheckpointFile.write(Data((json.text(indentedDepth: 1) + "\n").utf8), to: url)
  }

  /// What transformers needs beside tokenizer.json.
  private var tokenizerConfiguration: Data {
    var members: [CheckpointJSON.Member] = [
      .init(key: "chat_template", value: .string(chat.jinjaTemplate)),
      .init(key: "clean_up_tokenization_spaces", value: .boolean(false)),
    ]
    // Only an added token can be named: its text is looked up when it is read.
    func name(_ token: Int32?, as key: String) {
      guard let token else { return }
      let name = tokenizer.decode([token], skippingSpecialTokens: false)
      guard tokenizer.token(name) == token else { return }
      members.append(.init(key: key, value: .string(name)))
    }
    name(model.configuration.endOfTextToken.map(Int32.init) ?? tokenizer.endOfText, as: "eos_token")
    members.append(
      .init(key: "model_max_length", value: .integer(model.configuration.maximumPositions)))
    name(model.configuration.paddingToken.map(Int32.init), as: "pad_token")
    members.append(.init(key: "tokenizer_class", value: .string("PreTrainedTokenizerFast")))
    return Data((CheckpointJSON.object(members).text(indentedDepth: 1) + "\n").utf8)
  }

  private var generationConfiguration: CheckpointJSON {
    let configuration = model.configuration
    let ends = [configuration.endOfTextToken, configuration.endOfTurnToken].compactMap(\.self)
    var members: [CheckpointJSON.Member] = []
    if !ends.isEmpty {
      members.append(.init(key: "eos_token_id", value: .array(ends.map { .integer($0) })))
    }
    if let token = configuration.paddingToken {
      members.append(.init(key: "pad_token_id", value: .integer(token)))
    }
    return .object(members)
  }
}
