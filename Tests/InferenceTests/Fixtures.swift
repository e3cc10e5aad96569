import Foundation
import Inference
import Kernels
import KeyedRandom
import Testing
import Transformer

/// A random model small enough for exhaustive checks. Its embeddings are scaled
/// up, so that its distributions are far from uniform.
func makeModel(
  vocabulary: Int = 300, context: Int = 96, precision: Precision = .float32, seed: UInt64 = 7
) throws -> Model {
  try BLAS.load()
  let model = Model(
    configuration: ModelConfiguration(
      vocabularySize: vocabulary, hiddenSize: 48, intermediateSize: 112, layerCount: 2,
      headCount: 4, keyValueHeadCount: 2, headDimension: 16, maximumPositions: context),
    precision: precision, initializedBy: seed)
  for index in 0..<model.parameters.count where abs(model.parameters[index]) < 0.5 {
    model.parameters[index] *= 6
  }
  return model
}

/// Ids 0…255 are the bytes, 256 is the special token `<|end|>`, 257 is "ab".
func makeTokenizer() throws -> Tokenizer {
  var next: UInt32 = 0x100
  let characters = (0..<256).map { byte -> String in
    switch byte {
    case 0x21...0x7e, 0xa1...0xac, 0xae...0xff:
      return String(Unicode.Scalar(UInt8(byte)))
    default:
      defer { next += 1 }
      return String(Unicode.Scalar(next)!)
    }
  }
  var vocabulary = Dictionary(
    uniqueKeysWithValues: characters.enumerated().map { ($1, $0) })
  vocabulary["ab"] = 257
  let json: [String: Any] = [
    "version": "1.0",
    "added_tokens": [
      [
        "id": 256, "content": "<|end|>", "special": true, "single_word": false,
        "lstrip": false, "rstrip": false, "normalized": false,
      ]
    ],
    "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false],
    "decoder": ["type": "ByteLevel"],
    "model": ["type": "BPE", "vocab": vocabulary, "merges": ["a b"]],
  ]
  return try Tokenizer(data: JSONSerialization.data(withJSONObject: json))
}

func makeEngine(
  _ model: Model, _ options: LocalEngine.Options = .init()
) throws -> LocalEngine {
  LocalEngine(model: model, tokenizer: try makeTokenizer(), identity: "test", options: options)
}

/// Random tokens named by `item`.
func tokens(_ count: Int, below vocabulary: Int = 256, item: Int) -> [Int32] {
  var generator = RandomKey(seed: 3, stage: "tokens", item: item).generator()
  return (0..<count).map { _ in Int32(generator.index(below: vocabulary)) }
}

/// Requests of many lengths and samplings.
func makeRequests(_ count: Int, new: Int = 12) -> [GenerationRequest] {
  let samplings = [
    Sampling(), .greedy, Sampling(temperature: 0.7, topK: 20),
    Sampling(temperature: 1.3, topP: 0.8),
  ]
  return (0..<count).map { index in
    GenerationRequest(
      prompt: tokens(1 + (index * 7) % 40, item: index),
      sampling: samplings[index % samplings.count],
      key: RandomKey(seed: 5, stage: "test", item: index),
      maximumNewTokens: 1 + (index * 5) % new, stopTokens: [17, 99])
  }
}

/// The natural log-softmax, over the whole vocabulary, of the token after each
/// row of `sequence`, by the training forward pass: `[T, V]`.
func trainingLogProbabilities(
  _ model: Model, _ sequence: [Int32], temperature: Float = 1
) -> [[Float]] {
  let vocabulary = model.configuration.vocabularySize
  let workspace = TrainingWorkspace(
    model.configuration, maximumRows: max(vocabulary, sequence.count),
    maximumSequence: sequence.count)
  return sequence.indices.map { row in
    model.forward(PackedBatch([sequence]), workspace)
    return model.logProbabilities(
      rows: Array(repeating: Int32(row), count: vocabulary),
      targets: (0..<vocabulary).map(Int32.init), temperature: temperature, workspace,
      entropies: false
    ).logProbabilities
  }
}

/// What top-k and top-p leave of a distribution, by sorting: log-probabilities,
/// renormalised, -∞ for what is cut.
func restrict(_ logProbabilities: [Float], topK: Int?, topP: Float?) -> [Float] {
  let ranked = logProbabilities.indices.sorted {
    (-logProbabilities[$0], $0) < (-logProbabilities[$1], $1)
  }
  var kept = Array(ranked.prefix(topK ?? ranked.count))
  if let topP, topP < 1 {
    let whole = kept.reduce(0.0) { $0 + exp(Double(logProbabilities[$1])) }
    var mass = 0.0
    var nucleus: [Int] = []
    for token in kept {
      if mass >= Double(topP) * whole { break }
      nucleus.append(token)
      mass += exp(Double(logProbabilities[token]))
    }
    kept = nucleus
  }
  let mass = kept.reduce(0.0) { $0 + exp(Double(logProbabilities[$1])) }
  var result = logProbabilities.map { _ in -Float.infinity }
  for token in kept { result[token] = Float(Double(logProbabilities[token]) - log(mass)) }
  return result
}
