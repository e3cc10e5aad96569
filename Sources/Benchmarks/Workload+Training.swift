internal import Kernels
internal import Training
internal import Transformer

extension Workload {
  private static let optimizer = OptimizerOptions(learningRate: 1e-4)

  /// Supervised training on whole documents; a round is one step.
  static func train(
    _ size: BenchmarkModel, _ precision: Precision, _ shape: Benchmark.Shape, lanes: Int
  ) -> Workload {
    let sequences = shape.sequences ?? (size == .micro ? 32 : 4)
    let length = shape.length ?? (size == .micro ? 256 : 512)
    let configuration = size.configuration
    let model = Model(configuration: configuration, precision: precision, initializedBy: 1)
    let examples = (0..<sequences).map {
      TrainingExample(
        document: randomTokens(
          length, vocabulary: configuration.vocabularySize, item: "document \($0)"))
    }
    // Nothing reads a document's last token, and nothing predicts its first.
    let operations = OperationCount(configuration: configuration)
      .training(0..<length - 1, read: length - 1)
    return Workload(
      shape: "\(sequences) documents of \(length) tokens", items: sequences,
      itemName: "documents", operations: Double(sequences) * operations
    ) { rounds, ended in
      try fineTune(
        model, steps: rounds, optimizer: optimizer, batch: { _ in examples }, lanes: lanes
      ) { _ in
        try ended(Round(tokens: sequences * length))
      }
    }
  }

  /// Preference-model training; a round is one step.
  static func preference(_ size: BenchmarkModel, _ precision: Precision, lanes: Int) -> Workload {
    let (count, length) = (size == .micro ? 64 : 4, 256)
    let configuration = size.configuration
    let model = Model(
      configuration: configuration, head: .scalar, precision: precision, initializedBy: 1)
    let pairs = (0..<count).map { index in
      PreferencePair(
        id: "\(index)", source: "benchmark",
        first: randomTokens(
          length, vocabulary: configuration.vocabularySize, item: "first \(index)"),
        second: randomTokens(
          length, vocabulary: configuration.vocabularySize, item: "second \(index)"),
        probability: Double(index) / Double(count))
    }
    let operations = OperationCount(configuration: configuration)
      .training(0..<length, read: 1, head: .scalar)
    return Workload(
      shape: "\(count) pairs of 2 x \(length) tokens", items: count, itemName: "pairs",
      operations: Double(2 * count) * operations
    ) { rounds, ended in
      _ = try trainPreferenceModel(
        model, pairs: pairs,
        options: PreferenceOptions(
          optimizer: optimizer, epochs: Double(rounds), batchSize: count),
        lanes: lanes
      ) { _ in
        try ended(Round(tokens: 2 * count * length))
      }
    }
  }

  /// PPO with a policy, its reference, a value network and a preference model
  /// of one shape; a round is one iteration, with one minibatch an epoch.
  static func ppo(_ size: BenchmarkModel, _ precision: Precision, lanes: Int) throws -> Workload {
    let (count, epochs) = size == .micro ? (64, 4) : (16, 1)
    let (promptLength, newTokens) = (64, 64)
    let configuration = size.configuration
    let policy = Model(configuration: configuration, precision: precision, initializedBy: 1)
    let preferenceModel = Model(
      configuration: configuration, head: .scalar, precision: precision, initializedBy: 2)
    let tokenizer = try byteTokenizer()
    let prompts = (0..<count).map {
      PPOPrompt(
        id: "\($0)",
        tokens: randomTokens(
          promptLength, vocabulary: configuration.vocabularySize, item: "prompt \($0)"))
    }
    var options = PPOOptions()
    options.rollouts = count
    options.minibatch = count
    options.epochs = epochs
    options.maximumNewTokens = newTokens
    options.temperature = 0.7
    options.learningRate = 3e-6
    options.valueLearningRate = 3e-6
    options.keep = .last
    // Random weights are no healthy policy, and are not meant to be stopped.
    options.klLimit = nil
    options.entropyFloor = nil
    options.endRateFloor = nil
    let settings = options

    let need = OperationCount(configuration: configuration)
    let inputs = 0..<promptLength + newTokens - 1
    let logProbabilities = need.forward(inputs, read: newTokens)
    let values = need.forward(inputs, read: newTokens, head: .scalar)
    let scores = need.forward(0..<promptLength + newTokens + 1, read: 1, head: .scalar)
    let operations =
      2 * logProbabilities + values + scores
      + 3 * Double(epochs) * (logProbabilities + values)
    return Workload(
      shape: "\(count) x (\(promptLength) + \(newTokens)) tokens, \(epochs) epochs",
      items: 1, itemName: "iterations", operations: Double(count) * operations
    ) { rounds, ended in
      var options = settings
      options.iterations = rounds
      _ = try reinforce(
        policy: policy, preferenceModel: preferenceModel, tokenizer: tokenizer,
        prompts: prompts, options: options, lanes: lanes, reward: \.score
      ) { step in
        let seconds = step.seconds
        try ended(
          Round(
            tokens: Int((step.responseLength * Double(count)).rounded()),
            phases: [
              "sample": seconds.sample, "score": seconds.score, "update": seconds.update,
            ]))
      }
    }
  }
}
