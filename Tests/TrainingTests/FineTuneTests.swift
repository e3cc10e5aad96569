import Foundation
import Kernels
import KeyedRandom
import Testing
import Transformer

@testable import Training

@Suite struct FineTuneTests {
  init() throws { try BLAS.load() }

  @Test func matchesRecordedPyTorch() throws {
    let reference = try TrainingReference.load()
    let weights: [Float] = [1, 0.5, 1, 1, 2, 1]
    let examples = TrainingReference.sequences.enumerated().map { index, tokens in
      let prompt = TrainingReference.prompts[index]
      var example = TrainingExample(
        prompt: Array(tokens.prefix(prompt)), response: Array(tokens.dropFirst(prompt)))
      example.weights = example.weights.map { $0 * weights[index] }
      return example
    }
    // Chunks of 20 rows: several per lane, one sequence longer than a chunk.
    let model = TrainingReference.model(head: .languageModel)
    var losses: [Double] = []
    var norms: [Double] = []
    try fineTune(
      model, steps: 10,
      optimizer: OptimizerOptions(
        learningRate: 3e-3, weightDecay: 0.1, clipNorm: 1, schedule: .cosine(floor: 0.1),
        warmupSteps: 3),
      batch: { $0 % 2 == 0 ? Array(examples[..<3]) : Array(examples[3...]) },
      chunkRows: 20
    ) { step in
      losses.append(step.loss)
      norms.append(step.gradientNorm)
    }
    #expect(relativeError(losses, reference.sft_losses) < 1e-4)
    #expect(relativeError(norms, reference.sft_norms) < 1e-3)
  }

  @Test func memorisesAndStops() throws {
    let model = Model(configuration: tinyConfiguration(width: 32), initializedBy: 3)
    let examples = (0..<8).map { index in
      TrainingExample(
        prompt: [Int32(10 + index), 5], response: randomTokens(6, seed: UInt64(index)) + [0])
    }
    var losses: [Double] = []
    try fineTune(
      model, steps: 150, optimizer: OptimizerOptions(learningRate: 1e-2),
      batch: { _ in examples }
    ) { losses.append($0.loss) }
    #expect(losses[0] > 3.5)
    #expect(losses.last! < 0.05)
    #expect(abs(try evaluateLoss(model, examples) - losses.last!) < 0.02)
  }

  /// What the loss masks cannot move: the prompt's own predictions.
  @Test func onlyWeightedTokensCount() throws {
    let model = randomModel(tinyConfiguration())
    let tokens = randomTokens(22, seed: 4)
    let example = TrainingExample(prompt: Array(tokens[..<15]), response: Array(tokens[15...]))
    #expect(example.weights == [Float](repeating: 0, count: 15) + [Float](repeating: 1, count: 7))
    #expect(example.firstRead == 14 && example.inputs == tokens.dropLast())
    #expect(TrainingExample(document: tokens).firstRead == 0)
    #expect(TrainingExample(tokens: [1, 2, 3], weights: [1, 0, 0]).firstRead == 0)
    let workspace = TrainingWorkspace(model.configuration, maximumRows: 24, maximumSequence: 24)
    let batch = PackedBatch([tokens])
    model.forward(batch, workspace)
    let logp = model.logProbabilities(
      rows: (0..<21).map { Int32($0) }, targets: Array(tokens[1...]), workspace,
      entropies: false
    ).logProbabilities
    let expected = -logp[14...].reduce(0) { $0 + Double($1) } / 7
    #expect(abs(try evaluateLoss(model, [example]) - expected) < 1e-5)
    let whole = -logp.reduce(0) { $0 + Double($1) } / 21
    #expect(abs(try evaluateLoss(model, [TrainingExample(document: tokens)]) - whole) < 1e-5)
  }

  @Test func repeatsAndResumesBitForBit() throws {
    let order = EpochOrder(count: 20, batchSize: 6, seed: 5, stage: "test")
    let examples = (0..<20).map {
      TrainingExample(document: randomTokens(5 + $0, seed: UInt64($0)))
    }
    let options = OptimizerOptions(schedule: .cosine(floor: 0), warmupSteps: 2)
    let url = FileManager.default.temporaryDirectory
      .appending(path: "tune-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    func run(stops: [Int]) throws -> [Float] {
      var model = Model(configuration: tinyConfiguration(), initializedBy: 1)
      var state = OptimizerState(for: model)
      for stop in stops {
        if state.step > 0 {
          // As after a restart: from the file alone.
          try state.save(model, tag: "run", to: url)
          model = Model(configuration: tinyConfiguration())
          state = try OptimizerState(restoring: model, tag: "run", from: url)
        }
        struct Pause: Error {}
        do {
          try fineTune(
            model, steps: 8, optimizer: options, state: state,
            batch: { order.batch($0).map { examples[$0] } }, chunkRows: 32
          ) { if $0.step == stop && stop < 8 { throw Pause() } }
        } catch is Pause {}
      }
      return model.parameterValues
    }
    let once = try run(stops: [8])
    #expect(try run(stops: [8]) == once)
    #expect(try run(stops: [3, 5, 8]) == once)
    let other = Model(configuration: tinyConfiguration(width: 24))
    #expect(throws: TrainingError.self) {
      _ = try OptimizerState(restoring: other, tag: "run", from: url)
    }
    #expect(throws: TrainingError.self) {
      _ = try OptimizerState(
        restoring: Model(configuration: tinyConfiguration()), tag: "else", from: url)
    }
  }

  @Test func epochsVisitEveryItemOnce() {
    let order = EpochOrder(count: 10, batchSize: 4, seed: 1, stage: "a")
    let seen = (0..<5).flatMap { order.batch($0) }
    #expect(seen[..<10].sorted() == Array(0..<10))
    #expect(seen[10...].sorted() == Array(0..<10))
    #expect(Array(seen[..<10]) != Array(seen[10...]))
    #expect(order.steps(epochs: 2) == 5)
    let other = EpochOrder(count: 10, batchSize: 4, seed: 2, stage: "a")
    #expect((0..<5).flatMap { other.batch($0) } != seen)
  }

  @Test func badExamplesAreNamed() throws {
    let model = Model(configuration: tinyConfiguration(positions: 16), initializedBy: 1)
    func complaint(_ example: TrainingExample) -> String {
      let before = model.parameterValues
      do {
        try fineTune(
          model, steps: 1, optimizer: OptimizerOptions(),
          batch: { _ in [TrainingExample(document: [1, 2]), example] })
        return "none"
      } catch {
        #expect(model.parameterValues == before)
        return "\(error)"
      }
    }
    let long = complaint(TrainingExample(document: randomTokens(17, seed: 1)))
    #expect(long.contains("example 1: 17 tokens") && long.contains("context is 16"))
    #expect(complaint(TrainingExample(tokens: [1, 2], weights: [1])).contains("1 weights"))
    #expect(complaint(TrainingExample(document: [1, 64])).contains("token 64"))
    #expect(complaint(TrainingExample(document: [])).contains("empty"))
    #expect(complaint(TrainingExample(tokens: [1, 2], weights: [0, .nan])).contains("weight"))
  }
}
