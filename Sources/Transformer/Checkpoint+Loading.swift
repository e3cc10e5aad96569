public import Foundation
public import Kernels

extension Checkpoint {
  /// Reads a model directory. All is checked before the weights are read: every
  /// file, every tensor's presence and shape, and that the tokenizer belongs to
  /// the model; then that every weight is a finite number.
  ///
  /// - Parameter head: the head that the caller needs, or nil for the one that
  ///   the directory holds. A scalar head must be in the files.
  /// - Parameter precision: of the model's matrix products, whatever the files'.
  public static func load(
    _ directory: URL, head: Head? = nil, precision: Precision = .float32
  ) throws(CheckpointError) -> Checkpoint {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory.path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else {
      throw CheckpointError(
        .missing, path: directory.path, "no such directory",
        hint: "give the path of a model directory with config.json and model.safetensors")
    }
    let description = try readConfiguration(directory.appending(path: "config.json"))
    let weights = try WeightFiles(directory: directory)
    let tokenizer = try Tokenizer(contentsOf: directory.appending(path: "tokenizer.json"))
    let chat = try readChatFormat(directory.appending(path: "chat_format.json"))

    let configuration = description.configuration
    try check(tokenizer, configuration, directory.path)
    let found = try weights.head(stated: description.head, requested: head)
    let layout = ParameterLayout(configuration, head: found)
    try weights.check(against: layout)
    let model = Model(configuration: configuration, head: found, precision: precision)
    try weights.read(into: model)
    return Checkpoint(checked: model, tokenizer, chat)
  }

  private static func readConfiguration(
    _ url: URL
  ) throws(CheckpointError) -> HuggingFaceConfiguration {
    let data = try CheckpointFile.read(
      url, hint: "a model directory needs the config.json saved with its weights")
    _ = try CheckpointFile.parse(data, url.path)
    do throws(ModelConfigurationError) {
      return try HuggingFaceConfiguration(json: data)
    } catch {
      throw CheckpointError(
        .unsupported, path: url.path, "\(error.field) = \(error.value)", hint: error.hint)
    }
  }

  /// The directory's chat format, or the plain one when it has none.
  private static func readChatFormat(_ url: URL) throws(CheckpointError) -> ChatFormat {
    guard let data = try CheckpointFile.readIfPresent(url) else { return .plain }
    let known = ["user", "assistant", "end_of_turn"]
    let members = try CheckpointFile.parse(data, url.path).members ?? []
    var values: [String: String] = [:]
    for member in members {
      guard known.contains(member.key), let text = member.value.string else {
        throw CheckpointError(
          .malformed, path: url.path, "field \"\(member.key)\" is unknown or not a text",
          hint: "its fields are \(known.joined(separator: ", ")), all texts")
      }
      values[member.key] = text
    }
    guard let user = values["user"], let assistant = values["assistant"],
      let end = values["end_of_turn"], !user.isEmpty, !assistant.isEmpty
    else {
      throw CheckpointError(
        .malformed, path: url.path, "a field is missing, or a marker is empty",
        hint: "give \(known.joined(separator: ", "))")
    }
    return ChatFormat(user: user, assistant: assistant, endOfTurn: end)
  }
}
