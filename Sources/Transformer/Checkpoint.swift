/// A model directory in Hugging Face's layout: `config.json`,
/// `model.safetensors` (or shards with an index), `tokenizer.json`,
/// `tokenizer_config.json`, and this program's `chat_format.json`.
public struct Checkpoint: Sendable {
  public let model: Model
  public let tokenizer: Tokenizer
  public let chat: ChatFormat
  /// `model.contentHash()` when this value was made; training the model further
  /// does not change it.
  public let weightsHash: String

  /// Checks that the tokenizer belongs to the model; computes the hash.
  public init(
    model: Model, tokenizer: Tokenizer, chat: ChatFormat = .plain
  ) throws(CheckpointError) {
    try Self.check(tokenizer, model.configuration, "this model")
    self.init(checked: model, tokenizer, chat)
  }

  /// The same model under another name in place of its hash, for a model that
  /// is not there yet: nothing known of these weights holds for it.
  public func standIn(named name: String) -> Checkpoint {
    Checkpoint(model: model, tokenizer: tokenizer, chat: chat, weightsHash: name)
  }

  private init(model: Model, tokenizer: Tokenizer, chat: ChatFormat, weightsHash: String) {
    self.model = model
    self.tokenizer = tokenizer
    self.chat = chat
    self.weightsHash = weightsHash
  }

  init(checked model: Model, _ tokenizer: Tokenizer, _ chat: ChatFormat) {
    self.model = model
    self.tokenizer = tokenizer
    self.chat = chat
    weightsHash = model.contentHash()
  }

  /// Throws unless every id of the tokenizer has a row in the embedding and every
  /// row an id. An embedding of a multiple of 64 rows may have up to one
  /// hundredth more rows than ids: large models are padded so for speed.
  static func check(
    _ tokenizer: Tokenizer, _ configuration: ModelConfiguration, _ path: String
  ) throws(CheckpointError) {
    let entries = tokenizer.vocabularySize
    let rows = configuration.vocabularySize
    let isPadded = rows.isMultiple(of: 64) && rows > entries && rows - entries <= entries / 100
    guard entries == rows || isPadded else {
      throw CheckpointError(
        .mismatch, path: path,
        "tokenizer does not match: tokenizer has \(entries) entries, embedding has \(rows)",
        hint: "use the tokenizer.json that the model was trained with")
    }
  }
}
