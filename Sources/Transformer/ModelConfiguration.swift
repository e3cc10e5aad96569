/// The shape of a Llama-family decoder: RMSNorm before attention and before the
/// feed-forward, rotary positions ("rotate half"), grouped-query attention,
/// SwiGLU, no biases. Source: Touvron et al., "LLaMA" (2023), in the variant
/// that Hugging Face names `LlamaForCausalLM`.
public struct ModelConfiguration: Codable, Hashable, Sendable {
  /// V: number of token ids.
  public var vocabularySize: Int
  /// C: width of the residual stream.
  public var hiddenSize: Int
  /// F: width inside the feed-forward.
  public var intermediateSize: Int
  /// Number of decoder layers.
  public var layerCount: Int
  /// H: number of query heads.
  public var headCount: Int
  /// G: number of key/value heads; divides `headCount`.
  public var keyValueHeadCount: Int
  /// D: width of one head; even. `headCount * headDimension` may differ from C.
  public var headDimension: Int
  /// Longest sequence, in tokens, that the positions cover.
  public var maximumPositions: Int
  /// Base of the rotary frequencies.
  public var ropeTheta: Float
  /// Added to the mean square inside each RMSNorm.
  public var normEpsilon: Float
  /// Whether the language-model head is the embedding matrix.
  public var tiedEmbeddings: Bool
  /// Token that ends a document, if the model has one.
  public var endOfTextToken: Int?
  /// Token that ends a speaker's turn, if the model has one.
  public var endOfTurnToken: Int?
  /// Token for padding in programs that pad; this one packs rows and never does.
  public var paddingToken: Int?

  public init(
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int,
    headCount: Int, keyValueHeadCount: Int? = nil, headDimension: Int? = nil,
    maximumPositions: Int = 2048, ropeTheta: Float = 10_000,
    normEpsilon: Float = 1e-5, tiedEmbeddings: Bool = true,
    endOfTextToken: Int? = nil, endOfTurnToken: Int? = nil, paddingToken: Int? = nil
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount ?? headCount
    self.headDimension = headDimension ?? hiddenSize / max(1, headCount)
    self.maximumPositions = maximumPositions
    self.ropeTheta = ropeTheta
    self.normEpsilon = normEpsilon
    self.tiedEmbeddings = tiedEmbeddings
    self.endOfTextToken = endOfTextToken
    self.endOfTurnToken = endOfTurnToken
    self.paddingToken = paddingToken
  }

  /// H·D: width of the queries and of the attention output.
  public var queryWidth: Int { headCount * headDimension }
  /// G·D: width of the keys, and of the values.
  public var keyValueWidth: Int { keyValueHeadCount * headDimension }
  /// Weights that every token is multiplied by: all matrices, the output head
  /// included and the embedding, which is only looked up, not.
  public var matrixParameterCount: Int {
    let attention = 2 * hiddenSize * (queryWidth + keyValueWidth)
    let feedForward = 3 * hiddenSize * intermediateSize
    return layerCount * (attention + feedForward) + hiddenSize * vocabularySize
  }

  /// Throws unless a model of this shape can be built: positive sizes within
  /// bounds, an even head dimension, heads divisible into groups, finite
  /// positive constants, special tokens inside the vocabulary.
  public func validate() throws(ModelConfigurationError) {
    let sizes: [(String, Int, Int)] = [
      ("vocab_size", vocabularySize, 1 << 21),
      ("hidden_size", hiddenSize, 1 << 16),
      ("intermediate_size", intermediateSize, 1 << 18),
      ("num_hidden_layers", layerCount, 1 << 10),
      ("num_attention_heads", headCount, 1 << 10),
      ("num_key_value_heads", keyValueHeadCount, 1 << 10),
      ("head_dim", headDimension, 1 << 10),
      ("max_position_embeddings", maximumPositions, 1 << 20),
    ]
    for (field, value, limit) in sizes where value < 1 || value > limit {
      throw .init(field, "\(value)", "give a whole number from 1 to \(limit)")
    }
    guard headDimension.isMultiple(of: 2) else {
      throw .init("head_dim", "\(headDimension)", "rotary positions need an even number")
    }
    guard headCount.isMultiple(of: keyValueHeadCount) else {
      throw .init(
        "num_key_value_heads", "\(keyValueHeadCount)",
        "it must divide num_attention_heads = \(headCount)")
    }
    guard ropeTheta.isFinite, ropeTheta > 0 else {
      throw .init("rope_theta", "\(ropeTheta)", "give a positive number")
    }
    guard normEpsilon.isFinite, normEpsilon > 0, normEpsilon < 1 else {
      throw .init("rms_norm_eps", "\(normEpsilon)", "give a small positive number")
    }
    let tokens = [
      ("eos_token_id", endOfTextToken), ("eos_token_id (end of turn)", endOfTurnToken),
      ("pad_token_id", paddingToken),
    ]
    for case (let field, let token?) in tokens where !(0..<vocabularySize).contains(token) {
      throw .init(field, "\(token)", "token ids lie in 0..<\(vocabularySize)")
    }
  }
}

/// A configuration that no model can be built from, or that describes a kind of
/// model this program does not run. The field carries its `config.json` name.
public struct ModelConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let field: String
  public let value: String
  public let hint: String

  init(_ field: String, _ value: String, _ hint: String) {
    self.field = field
    self.value = value
    self.hint = hint
  }

  public var description: String {
    "model configuration: \(field) = \(value) cannot be used; \(hint)"
  }
}
