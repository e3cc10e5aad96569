internal import Foundation

/// One id, or a list of them, or null.
enum TokenIdentifiers: Codable {
  case one(Int)
  case several([Int])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let id = try? container.decode(Int.self) {
      self = .one(id)
    } else {
      self = .several(try container.decode([Int].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .one(let id): try container.encode(id)
    case .several(let ids): try container.encode(ids)
    }
  }

  var list: [Int] {
    switch self {
    case .one(let id): [id]
    case .several(let ids): ids
    }
  }
}

/// The fields of `config.json` that decide what is computed.
struct HuggingFaceFile: Codable {
  struct Rotary: Codable {
    var ropeType: String?
    var type: String?
    var ropeTheta: Double?

    enum CodingKeys: String, CodingKey {
      case ropeType = "rope_type"
      case type
      case ropeTheta = "rope_theta"
    }
  }
  var architectures: [String]?
  var modelType: String
  var vocabSize: Int
  var hiddenSize: Int
  var intermediateSize: Int
  var numHiddenLayers: Int
  var numAttentionHeads: Int
  var numKeyValueHeads: Int?
  var headDim: Int?
  var maxPositionEmbeddings: Int
  var rmsNormEpsilon: Double?
  var ropeTheta: Double?
  var ropeScaling: Rotary?
  var ropeParameters: Rotary?
  var ropeInterleaved: Bool?
  var tieWordEmbeddings: Bool?
  var hiddenAct: String?
  var attentionBias: Bool?
  var mlpBias: Bool?
  var numLabels: Int?
  var id2label: [String: String]?
  var label2id: [String: Int]?
  var bosTokenId: TokenIdentifiers?
  var eosTokenId: TokenIdentifiers?
  var padTokenId: Int?
  var torchDtype: String?

  enum CodingKeys: String, CodingKey {
    case architectures
    case modelType = "model_type"
    case vocabSize = "vocab_size"
    case hiddenSize = "hidden_size"
    case intermediateSize = "intermediate_size"
    case numHiddenLayers = "num_hidden_layers"
    case numAttentionHeads = "num_attention_heads"
    case numKeyValueHeads = "num_key_value_heads"
    case headDim = "head_dim"
    case maxPositionEmbeddings = "max_position_embeddings"
    case rmsNormEpsilon = "rms_norm_eps"
    case ropeTheta = "rope_theta"
    case ropeScaling = "rope_scaling"
    case ropeParameters = "rope_parameters"
    case ropeInterleaved = "rope_interleaved"
    case tieWordEmbeddings = "tie_word_embeddings"
    case hiddenAct = "hidden_act"
    case attentionBias = "attention_bias"
    case mlpBias = "mlp_bias"
    case numLabels = "num_labels"
    case id2label
    case label2id
    case bosTokenId = "bos_token_id"
    case eosTokenId = "eos_token_id"
    case padTokenId = "pad_token_id"
    case torchDtype = "torch_dtype"
  }

  func head() throws(ModelConfigurationError) -> Head {
    switch architectures?.first {
    case nil, "LlamaForCausalLM", "LlamaModel":
      return .languageModel
    case "LlamaForSequenceClassification":
      let labels = numLabels ?? id2label?.count ?? 2
      guard labels == 1 else {
        throw .init("num_labels", "\(labels)", "a scalar head has exactly one label")
      }
      return .scalar
    case let other?:
      throw .init(
        "architectures", other,
        "use LlamaForCausalLM, or LlamaForSequenceClassification with one label")
    }
  }

  func configuration() throws(ModelConfigurationError) -> ModelConfiguration {
    guard modelType == "llama" else {
      throw .init("model_type", modelType, "only \"llama\" models are supported")
    }
    if let hiddenAct, hiddenAct != "silu" {
      throw .init("hidden_act", hiddenAct, "only \"silu\" is supported")
    }
    for (field, set) in [
      ("attention_bias", attentionBias), ("mlp_bias", mlpBias),
      ("rope_interleaved", ropeInterleaved),
    ] where set == true {
      throw .init(field, "true", "only false is supported")
    }
    for (field, rotary) in [
      ("rope_scaling", ropeScaling), ("rope_parameters", ropeParameters),
    ] {
      if let kind = rotary?.ropeType ?? rotary?.type, kind != "default" {
        throw .init("\(field).rope_type", kind, "only \"default\" is supported")
      }
    }
    guard numAttentionHeads > 0 else {
      throw .init("num_attention_heads", "\(numAttentionHeads)", "give at least 1")
    }
    let ends = eosTokenId?.list ?? []
    let result = ModelConfiguration(
      vocabularySize: vocabSize, hiddenSize: hiddenSize,
      intermediateSize: intermediateSize, layerCount: numHiddenLayers,
      headCount: numAttentionHeads, keyValueHeadCount: numKeyValueHeads,
      headDimension: headDim, maximumPositions: maxPositionEmbeddings,
      ropeTheta: Float(ropeParameters?.ropeTheta ?? ropeTheta ?? 10_000),
      normEpsilon: Float(rmsNormEpsilon ?? 1e-6),
      tiedEmbeddings: tieWordEmbeddings ?? false,
      endOfTextToken: ends.first, endOfTurnToken: ends.dropFirst().first,
      paddingToken: padTokenId)
    try result.validate()
    return result
  }

  init(_ value: HuggingFaceConfiguration, dtype: String) {
    let configuration = value.configuration
    modelType = "llama"
    vocabSize = configuration.vocabularySize
    hiddenSize = configuration.hiddenSize
    intermediateSize = configuration.intermediateSize
    numHiddenLayers = configuration.layerCount
    numAttentionHeads = configuration.headCount
    numKeyValueHeads = configuration.keyValueHeadCount
    headDim = configuration.headDimension
    maxPositionEmbeddings = configuration.maximumPositions
    rmsNormEpsilon = decimal(configuration.normEpsilon)
    ropeTheta = decimal(configuration.ropeTheta)
    tieWordEmbeddings = configuration.tiedEmbeddings
    hiddenAct = "silu"
    attentionBias = false
    mlpBias = false
    switch value.head {
    case .languageModel:
      architectures = ["LlamaForCausalLM"]
    case .scalar:
      architectures = ["LlamaForSequenceClassification"]
      id2label = ["0": "score"]
      label2id = ["score": 0]
    }
    let ends = [configuration.endOfTextToken, configuration.endOfTurnToken].compactMap(\.self)
    eosTokenId = ends.count > 1 ? .several(ends) : ends.first.map { .one($0) }
    padTokenId = configuration.paddingToken
    torchDtype = dtype
  }

  /// Absent optional fields are left out, except the special tokens: Hugging
  /// Face would fill those in with Llama's own ids, so they are written as null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(architectures, forKey: .architectures)
    try container.encode(modelType, forKey: .modelType)
    try container.encode(vocabSize, forKey: .vocabSize)
    try container.encode(hiddenSize, forKey: .hiddenSize)
    try container.encode(intermediateSize, forKey: .intermediateSize)
    try container.encode(numHiddenLayers, forKey: .numHiddenLayers)
    try container.encode(numAttentionHeads, forKey: .numAttentionHeads)
    try container.encodeIfPresent(numKeyValueHeads, forKey: .numKeyValueHeads)
    try container.encodeIfPresent(headDim, forKey: .headDim)
    try container.encode(maxPositionEmbeddings, forKey: .maxPositionEmbeddings)
    try container.encodeIfPresent(rmsNormEpsilon, forKey: .rmsNormEpsilon)
    try container.encodeIfPresent(ropeTheta, forKey: .ropeTheta)
    try container.encodeIfPresent(tieWordEmbeddings, forKey: .tieWordEmbeddings)
    try container.encodeIfPresent(hiddenAct, forKey: .hiddenAct)
    try container.encodeIfPresent(attentionBias, forKey: .attentionBias)
    try container.encodeIfPresent(mlpBias, forKey: .mlpBias)
    try container.encodeIfPresent(id2label, forKey: .id2label)
    try container.encodeIfPresent(label2id, forKey: .label2id)
    try container.encode(bosTokenId, forKey: .bosTokenId)
    try container.encode(eosTokenId, forKey: .eosTokenId)
    try container.encode(padTokenId, forKey: .padTokenId)
    try container.encodeIfPresent(torchDtype, forKey: .torchDtype)
  }
}

/// The double whose text is the float's shortest text: 1e-5, not 9.99999974e-06.
private func decimal(_ value: Float) -> Double { Double("\(value)") ?? Double(value) }
