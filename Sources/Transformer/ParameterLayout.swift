/// Where each tensor lies in a model's one flat parameter buffer, and in the
/// gradient and optimiser buffers of the same size. Tensors follow each other
/// without gaps, in the order embedding, layers, final norm, head; so the query,
/// key and value projections of a layer form one `[(H + 2G)·D, C]` matrix, and
/// its gate and up projections one `[2F, C]` matrix.
public struct ParameterLayout: Hashable, Sendable {
  /// One named tensor: row-major float32, `[outputs, inputs]` for a projection.
  public struct Tensor: Hashable, Sendable {
    /// Hugging Face name, such as `model.layers.0.self_attn.q_proj.weight`.
    public let name: String
    public let shape: [Int]
    /// Index of its first element in the flat buffer.
    public let offset: Int
    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// Where its elements lie in the flat buffer.
    public var range: Range<Int> { offset..<offset + count }
    /// Whether weight decay applies: to matrices, not to norm weights.
    public var decays: Bool { shape.count > 1 }
  }

  /// Offsets of one layer's tensors.
  struct Layer: Hashable, Sendable {
    let inputNorm, query, key, value, output: Int
    let postNorm, gate, up, down: Int
  }

  /// Every tensor, by rising offset.
  public let tensors: [Tensor]
  /// Number of elements in all.
  public let count: Int

  let embedding: Int
  let layers: [Layer]
  let finalNorm: Int
  /// The head's weight: the embedding's own offset when tied.
  let headWeight: Int

  public init(_ configuration: ModelConfiguration, head: Head) {
    var tensors: [Tensor] = []
    var next = 0
    func place(_ name: String, _ shape: [Int]) -> Int {
      let tensor = Tensor(name: name, shape: shape, offset: next)
      tensors.append(tensor)
      next += tensor.count
      return tensor.offset
    }
    let width = configuration.hiddenSize
    let inner = configuration.intermediateSize
    let queries = configuration.queryWidth
    let keys = configuration.keyValueWidth

    embedding = place("model.embed_tokens.weight", [configuration.vocabularySize, width])
    layers = (0..<configuration.layerCount).map { index in
      let prefix = "model.layers.\(index)"
      return Layer(
        inputNorm: place("\(prefix).input_layernorm.weight", [width]),
        query: place("\(prefix).self_attn.q_proj.weight", [queries, width]),
        key: place("\(prefix).self_attn.k_proj.weight", [keys, width]),
        value: place("\(prefix).self_attn.v_proj.weight", [keys, width]),
        output: place("\(prefix).self_attn.o_proj.weight", [width, queries]),
        postNorm: place("\(prefix).post_attention_layernorm.weight", [width]),
        gate: place("\(prefix).mlp.gate_proj.weight", [inner, width]),
        up: place("\(prefix).mlp.up_proj.weight", [inner, width]),
        down: place("\(prefix).mlp.down_proj.weight", [width, inner]))
    }
    finalNorm = place("model.norm.weight", [width])
    switch head {
    case .scalar:
      headWeight = place("score.weight", [1, width])
    case .languageModel where configuration.tiedEmbeddings:
      headWeight = embedding
    case .languageModel:
      headWeight = place("lm_head.weight", [configuration.vocabularySize, width])
    }
    self.tensors = tensors
    self.count = next
  }

  /// The tensor of a Hugging Face name, or nil.
  public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }
}
