internal import Inference
internal import Kernels
internal import KeyedRandom
internal import Transformer

extension Workload {
  /// Continuing prompts by sampling at temperature 1; a round is one call.
  static func generate(
    _ size: BenchmarkModel, _ precision: Precision, sequences: Int, prompt: Int, lanes: Int
  ) throws -> Workload {
    let newTokens = 64
    let configuration = size.configuration
    let engine = try engine(size, precision, lanes: lanes)
    let requests = (0..<sequences).map {
      GenerationRequest(
        prompt: randomTokens(
          prompt, vocabulary: configuration.vocabularySize, item: "prompt \($0)"),
        sampling: Sampling(), key: RandomKey(seed: 1, stage: "benchmark", item: $0),
        maximumNewTokens: newTokens)
    }
    // The last token is sampled and never fed.
    let operations = OperationCount(configuration: configuration)
      .forward(0..<prompt + newTokens - 1, read: newTokens)
    let weights = configuration.matrixParameterCount * precision.byteCount
    return Workload(
      shape: "\(sequences) x (\(prompt) + \(newTokens)) tokens", items: sequences,
      itemName: "answers", operations: Double(sequences) * operations,
      bytesRead: sequences == 1 ? Double(newTokens * weights) : nil
    ) { rounds, ended in
      for _ in 0..<rounds {
        let answers = try engine.generate(requests)
        try ended(Round(tokens: answers.reduce(0) { $0 + $1.tokens.count }))
      }
    }
  }

  /// The probabilities of two answers of one token after prompts that begin
  /// alike; a round is one call.
  static func feedback(_ size: BenchmarkModel, _ precision: Precision, lanes: Int) throws
    -> Workload
  {
    let (prompts, length, shared) = (128, 256, 192)
    let configuration = size.configuration
    let engine = try engine(size, precision, lanes: lanes)
    let vocabulary = configuration.vocabularySize
    let beginning = randomTokens(shared, vocabulary: vocabulary, item: "beginning")
    let requests = (0..<prompts).map { index in
      ChoiceRequest(
        prompt: beginning
          + randomTokens(length - shared, vocabulary: vocabulary, item: "question \(index)"),
        sharedPrefixLength: shared, choices: [[10], [11]])
    }
    let need = OperationCount(configuration: configuration)
    return Workload(
      shape: "\(prompts) prompts of \(length) tokens, \(shared) in common", items: prompts,
      itemName: "prompts",
      operations: need.forward(0..<shared, read: 0)
        + Double(prompts) * need.forward(shared..<length, read: 1)
    ) { rounds, ended in
      for _ in 0..<rounds {
        _ = try engine.scoreChoices(requests)
        try ended(Round(tokens: prompts * length))
      }
    }
  }

  private static func engine(_ size: BenchmarkModel, _ precision: Precision, lanes: Int) throws
    -> LocalEngine
  {
    LocalEngine(
      model: Model(configuration: size.configuration, precision: precision, initializedBy: 1),
      tokenizer: try byteTokenizer(), identity: "benchmark", options: .init(lanes: lanes))
  }
}

/// A tokenizer of single bytes, where one is asked for: nothing that is
/// measured reads or writes text.
func byteTokenizer() throws -> Tokenizer {
  try Tokenizer(
    data: TokenizerTrainer.train(on: [""], vocabularySize: 256, specialTokens: []))
}
