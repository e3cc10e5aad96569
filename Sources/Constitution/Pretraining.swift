public import LuaHost

/// What a pretraining file returns: documents to learn from, a tokenizer to
/// train on them, and the size and optimiser of the model.
public struct Pretraining: Sendable {
  public var name: String
  public var seed: UInt64
  /// The directory to write, relative to the project's root.
  public var output: String
  /// `function(rng, index, progress) -> text`: document number `index` of the
  /// stream, drawn from `rng` alone; `progress` runs from 0 to 1.
  public var document: LuaFunction
  public var vocabulary: Int
  public var specialTokens: [String]
  public var tokenizerDocuments: Int
  public var endOfText: String
  public var padding: String
  public var chat: (user: String, assistant: String, endOfTurn: String)
  public var hidden: Int
  public var intermediate: Int
  public var layers: Int
  public var heads: Int
  public var keyValueHeads: Int
  public var context: Int
  public var optimizer: StageSettings.Optimizer
  public var tokens: Int
  public var batchTokens: Int
  public var storesBfloat16: Bool

  /// Builds the settings from a table that `solon.pretraining` made.
  public init(_ table: LuaTable, overrides: [Override] = []) throws(ScriptError) {
    precondition(table.kind == "pretraining", "not a pretraining table")
    let table = try overrides.applied(to: table, schema: ExperimentSchema.pretraining)
    name = table.text("name")
    seed = UInt64(table.int("seed"))
    output = table.text("output")
    document = table.optionalFunction("document")!
    let tokenizer = table.table("tokenizer")
    vocabulary = tokenizer.int("vocabulary")
    specialTokens = tokenizer.texts("special_tokens")
    tokenizerDocuments = tokenizer.int("documents")
    endOfText = table.text("end_of_text")
    padding = table.text("padding")
    let chat = table.table("chat")
    self.chat = (chat.text("user"), chat.text("assistant"), chat.text("end_of_turn"))
    let model = table.table("model")
    hidden = model.int("hidden")
    intermediate = model.int("intermediate")
    layers = model.int("layers")
    heads = model.int("heads")
    keyValueHeads = model.int("key_value_heads")
    context = model.int("context")
    optimizer = StageSettings.Optimizer(
      try ExperimentSchema.optimizer.validate(
        table.optionalTable("optimizer") ?? LuaTable(), path: "pretraining.optimizer"))
    tokens = table.int("tokens")
    batchTokens = table.int("batch_tokens")
    storesBfloat16 = table.text("precision") == "bfloat16"

    func failure(_ path: String, _ message: String) -> ScriptError {
      ScriptError(
        "pretraining.\(path): \(message)", at: table.location,
        path: "pretraining.\(path)", reason: .schema)
    }
    if Set(specialTokens).count != specialTokens.count {
      throw failure("tokenizer.special_tokens", "a token stands there twice; each must differ")
    }
    if vocabulary < specialTokens.count + 256 {
      throw failure(
        "tokenizer.vocabulary",
        "expected at least \(specialTokens.count + 256), for the special tokens and all bytes, "
          + "got \(vocabulary)")
    }
    if hidden % heads != 0 {
      throw failure("model.heads", "\(heads) heads do not divide hidden = \(hidden)")
    }
    if hidden / heads % 2 != 0 {
      throw failure(
        "model.heads", "hidden / heads = \(hidden / heads) must be even for rotary positions")
    }
    if heads % keyValueHeads != 0 {
      throw failure(
        "model.key_value_heads", "\(keyValueHeads) key/value heads do not divide \(heads) heads")
    }
    for (path, token) in [
      ("end_of_text", endOfText), ("padding", padding), ("chat.user", self.chat.user),
      ("chat.assistant", self.chat.assistant), ("chat.end_of_turn", self.chat.endOfTurn),
    ] where !specialTokens.contains(token) {
      throw failure(path, "'\(token)' is not one of tokenizer.special_tokens")
    }
  }
}
