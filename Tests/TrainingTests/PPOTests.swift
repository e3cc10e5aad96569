import Foundation
import Inference
import Kernels
import KeyedRandom
import Testing
import Transformer

@testable import Training

/// PPO on a toy: a policy of 300 tokens whose reward counts one of them.
@Suite struct PPOTests {
  static let wanted: Int32 = 65
  static let endOfTurn: Int32 = 1
  static let tokenizer = try! Tokenizer(
    data: TokenizerTrainer.train(
      on: ["aa bb", "abc"], vocabularySize: 270, specialTokens: ["<|a|>", "<|end|>"]))
  static let configuration = tinyConfiguration(
    vocabulary: 280, width: 16, positions: 32, endOfTurn: Int(endOfTurn))

  init() throws { try BLAS.load() }

  /// A policy that ends about every tenth token and mostly says one of twelve
  /// others, among them the wanted one.
  static func policy() throws -> Model {
    let model = Model(configuration: configuration, initializedBy: 7)
    let examples = (0..<64).map { index -> TrainingExample in
      var generator = RandomKey(seed: 3, stage: "toy", item: index).generator()
      let length = 2 + generator.index(below: 8)
      let response = (0..<length).map { _ in Int32(60 + generator.index(below: 12)) }
      return TrainingExample(
        prompt: [Int32(100 + index % 8), 50], response: response + [endOfTurn])
    }
    let order = EpochOrder(count: 64, batchSize: 32, seed: 1, stage: "toy")
    try fineTune(
      model, steps: 60, optimizer: OptimizerOptions(learningRate: 1e-2),
      batch: { order.batch($0).map { examples[$0] } })
    return model
  }

  static let prompts = (0..<8).map { PPOPrompt(id: "p\($0)", tokens: [Int32(100 + $0), 50]) }
  static let heldOut = (0..<8).map { PPOPrompt(id: "h\($0)", tokens: [Int32(110 + $0), 50]) }

  static func options(_ iterations: Int) -> PPOOptions {
    var options = PPOOptions()
    options.iterations = iterations
    options.rollouts = 32
    options.minibatch = 16
    options.maximumNewTokens = 12
    options.learningRate = 3e-3
    options.valueLearningRate = 3e-3
    options.klCoefficient = 0.02
    options.keep = .last
    options.endRateFloor = nil
    return options
  }

  static func count(_ input: RewardInput) -> Double {
    Double(input.tokens.count { $0 == wanted }) / Double(input.length)
  }

  private func run(
    _ options: PPOOptions, state: ((Model, Model) throws -> PPOState)? = nil,
    heldOut: [PPOPrompt] = [], reward: (RewardInput) throws -> Double = count,
    checkpoint: (PPOState) throws -> Void = { _ in }
  ) throws -> (Model, PPOResult) {
    let policy = try Self.policy()
    let preferenceModel = randomModel(Self.configuration, head: .scalar, seed: 4)
    let result = try reinforce(
      policy: policy, preferenceModel: preferenceModel, tokenizer: Self.tokenizer,
      prompts: Self.prompts, heldOut: heldOut, options: options,
      state: try state?(policy, preferenceModel), reward: reward, checkpoint: checkpoint,
      report: { _ in })
    return (policy, result)
  }

  @Test func rewardRisesAndKLRestrains() throws {
    let free = try run(Self.options(20)).1
    #expect(free.reason == .completed && free.steps.count == 20)
    let first = free.steps[0]
    // Step 0 starts at the reference: what the run asserts, seen from outside.
    #expect(abs(first.meanKL) < 1e-3 && first.meanKL3 < 1e-3)
    let start = free.steps[..<3].map(\.meanReward).reduce(0, +) / 3
    let end = free.steps[17...].map(\.meanReward).reduce(0, +) / 3
    #expect(end > start + 0.25)
    #expect(free.steps.last!.meanKL > 1)
    #expect(free.steps.last!.entropy < first.entropy)
    #expect(free.steps.allSatisfy { abs($0.ratioMean - 1) < 0.2 && $0.ratioMaximum >= 1 })

    var options = Self.options(20)
    options.klCoefficient = 2
    let held = try run(options).1
    #expect(held.steps.last!.meanKL < free.steps.last!.meanKL / 3)
    #expect(held.steps.last!.meanReward < end)
  }

  @Test func randomRewardDoesNotRaiseTheCount() throws {
    var shares: [Double] = []
    _ = try run(Self.options(20), reward: { input in
      shares.append(Self.count(input))
      var generator = RandomKey(
        seed: 11, stage: "random reward", item: "\(input.iteration)/\(input.promptID)",
        draw: UInt64(input.draw)
      ).generator()
      return generator.uniform()
    })
    let start = shares.prefix(96).reduce(0, +) / 96
    let end = shares.suffix(96).reduce(0, +) / 96
    #expect(abs(end - start) < 0.15)
  }

  @Test func repeatsBitForBitAndReportsEveryMetric() throws {
    var options = Self.options(3)
    options.evaluateEvery = 2
    let (first, a) = try run(options, heldOut: Self.heldOut)
    let (second, b) = try run(options, heldOut: Self.heldOut)
    #expect(first.parameterValues == second.parameterValues)
    #expect(a.valueModel.parameterValues == b.valueModel.parameterValues)
    for (x, y) in zip(a.steps, b.steps) {
      var (x, y) = (x, y)
      x.seconds = PPOSeconds()
      y.seconds = PPOSeconds()
      #expect(x == y)
    }
    #expect(a.evaluations == b.evaluations)
    #expect(a.evaluations.map(\.iteration) == [0, 2, 3])
    #expect(a.steps.map { $0.heldOutScore != nil } == [false, true, true])
    #expect(Set(a.steps[2].metrics.keys) == Set(Metrics.ppo.map(\.name)))
    #expect(Set(Metrics.all.map(\.name)).count == Metrics.all.count)
  }

  /// A run that stops after two iterations and goes on from its file ends with
  /// the weights, figures and coefficient of one that never stopped.
  @Test func resumesFromAFileBitForBit() throws {
    var options = Self.options(5)
    options.evaluateEvery = 2
    options.keep = .best
    options.klTarget = 0.5
    options.whitenRewards = true
    let (whole, expected) = try run(options, heldOut: Self.heldOut)

    let url = FileManager.default.temporaryDirectory
      .appending(path: "ppo-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    struct Killed: Error {}
    #expect(throws: Killed.self) {
      _ = try run(
        options, heldOut: Self.heldOut,
        checkpoint: { state in
          if state.iteration == 2 { try state.save(tag: "toy", to: url) }
          if state.iteration == 3 { throw Killed() }
        })
    }
    let (resumed, result) = try run(
      options,
      state: { policy, preferenceModel in
        try PPOState(
          restoring: policy, preferenceModel: preferenceModel, options: options, tag: "toy",
          from: url)
      }, heldOut: Self.heldOut)
    #expect(resumed.parameterValues == whole.parameterValues)
    #expect(result.valueModel.parameterValues == expected.valueModel.parameterValues)
    #expect(result.klCoefficient == expected.klCoefficient)
    #expect(result.evaluations == expected.evaluations)
    #expect(result.steps.map(\.meanReward) == expected.steps.map(\.meanReward))
    #expect(result.returned == expected.returned)
    #expect(throws: TrainingError.self) {
      _ = try PPOState(
        restoring: try Self.policy(),
        preferenceModel: randomModel(Self.configuration, head: .scalar), options: options,
        tag: "another", from: url)
    }
  }

  /// The preference model, and so the value network, may have another shape.
  @Test func preferenceModelOfAnotherShape() throws {
    let wide = tinyConfiguration(vocabulary: 280, width: 24, layers: 2, positions: 40)
    let result = try reinforce(
      policy: try Self.policy(),
      preferenceModel: randomModel(wide, head: .scalar, seed: 4), tokenizer: Self.tokenizer,
      prompts: Self.prompts, options: Self.options(2), reward: { $0.score }, report: { _ in })
    #expect(result.steps.count == 2)
    #expect(result.valueModel.configuration == wide)
  }

  @Test func bestHeldOutWeightsAreReturned() throws {
    var options = Self.options(6)
    options.evaluateEvery = 1
    options.keep = .best
    var weights = [try Self.policy().parameterValues]
    let (policy, result) = try run(
      options, heldOut: Self.heldOut,
      checkpoint: { state in weights.append(state.policy.parameterValues) })
    options.keep = .last
    weights.append(try run(options, heldOut: Self.heldOut).0.parameterValues)
    let best = result.evaluations.max { $0.score < $1.score }!
    #expect(result.returnedIteration == best.iteration)
    #expect(policy.parameterValues == weights[best.iteration])
    #expect(result.returned.contains("iteration \(best.iteration)"))
  }

  @Test func guardRailsStopWithTheirReason() throws {
    var options = Self.options(8)
    options.klLimit = 0.2
    options.klCoefficient = 0
    let (policy, kl) = try run(options)
    #expect(kl.reason == .klLimit && kl.detail.contains("exceeds 0.2"))
    #expect(kl.steps.count < 8 && kl.returnedIteration < kl.steps.count)
    // The weights handed back are those from before the limit was passed.
    #expect(kl.steps[kl.returnedIteration].meanKL <= 0.2)
    #expect(policy.parameterValues != (try Self.policy()).parameterValues)

    options = Self.options(8)
    options.entropyFloor = 100
    #expect(try run(options).1.reason == .entropyCollapse)

    options = Self.options(8)
    options.endRateFloor = 1
    options.maximumNewTokens = 2
    options.endRatePatience = 2
    let ends = try run(options).1
    #expect(ends.reason == .endRate && ends.steps.count == 2)

    options = Self.options(2)
    options.learningRate = 1e30
    options.warmupSteps = 0
    #expect(try run(options).1.reason == .nonFiniteLoss)
  }

  @Test func unusableInputIsNamed() throws {
    func complaint(
      _ options: PPOOptions = Self.options(1), prompts: [PPOPrompt] = Self.prompts,
      pm: Model? = nil, reward: (RewardInput) throws -> Double = Self.count
    ) -> String {
      do {
        _ = try reinforce(
          policy: try Self.policy(),
          preferenceModel: pm ?? randomModel(Self.configuration, head: .scalar, seed: 4),
          tokenizer: Self.tokenizer, prompts: prompts, options: options, reward: reward,
          report: { _ in })
        return "none"
      } catch { return "\(error)" }
    }
    let nan = complaint(reward: { $0.promptID == "p3" ? .nan : 0 })
    #expect(nan.contains("prompt 'p3', draw 0 is nan"))
    let long = complaint(prompts: [PPOPrompt(id: "long", tokens: randomTokens(20, seed: 1))])
    #expect(long.contains("'long': 20 tokens"))
    #expect(complaint(prompts: []).contains("no prompts"))
    #expect(
      complaint(pm: Model(configuration: Self.configuration, head: .scalar))
        .contains("score.weight"))
    #expect(
      complaint(pm: randomModel(tinyConfiguration(), head: .scalar)).contains("vocabularies"))
    var options = Self.options(1)
    options.normalizeScores = true
    #expect(complaint(options).contains("normalizeScores"))
    options = Self.options(1)
    options.temperature = 0
    #expect(complaint(options).contains("temperature"))
  }

  /// Sampling that disagrees with the log-probability pass is caught at once.
  @Test func disagreeingLogProbabilitiesAreRefused() throws {
    var rollout = Rollout(
      prompt: PPOPrompt(id: "a", tokens: [1]), draw: 0, response: [2, 3], ended: true,
      logProbabilities: [-1, -2])
    rollout.reference = [-1, -2.00001]
    try checkZeroKL([rollout])
    rollout.reference = [-1, -2.001]
    #expect(throws: TrainingError.self) { try checkZeroKL([rollout]) }
    var sums = UpdateSums()
    sums.maximumDrift = 2e-4
    #expect(throws: TrainingError.self) { try checkUnitRatio(sums, iteration: 0) }
  }

  @Test func shapingSeesTheNormalisedScoreAndTheEnd() throws {
    var options = Self.options(1)
    options.normalizeScores = true
    options.scoreMoments = ScoreMoments(
      mean: 3, standardDeviation: 2, count: 10, set: "test")
    var inputs: [RewardInput] = []
    let run = try run(
      options,
      reward: { input in
        inputs.append(input)
        return input.score
      })
    let result = run.1
    #expect(inputs.count == 32)
    #expect(Set(inputs.map(\.promptID)).count == 8)
    #expect(Set(inputs.filter { $0.promptID == "p0" }.map(\.draw)) == [0, 1, 2, 3])
    let mean = inputs.reduce(0) { $0 + $1.score } / 32
    #expect(abs(mean - (result.steps[0].meanScore - 3) / 2) < 1e-5)
    let ended = inputs.filter(\.ended)
    #expect(ended.allSatisfy { $0.tokens.last == Self.endOfTurn })
    #expect(inputs.filter { !$0.ended }.allSatisfy { $0.length == 12 })
    #expect(result.steps[0].endRate == Double(ended.count) / 32)
    let penalty = Double(32 - ended.count) / 32
    #expect(abs(result.steps[0].meanReward - (mean - penalty)) < 1e-9)
  }

  @Test func adaptiveCoefficientFollowsTheTarget() throws {
    var options = Self.options(4)
    options.klTarget = 1000
    options.klHorizon = 320
    let low = try run(options).1
    // Every step is 0.2 below target at most: times 1 - 0.2 * 32 / 320.
    #expect(abs(low.klCoefficient - 0.02 * pow(0.98, 4)) < 1e-9)
    options.klTarget = 1e-6
    #expect(try run(options).1.klCoefficient > 0.02)
  }
}
