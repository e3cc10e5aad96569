import Foundation
import Kernels
import KeyedRandom
import Testing
import Transformer

@testable import Training

@Suite struct UpdateTests {
  init() throws { try BLAS.load() }

  /// Rollouts whose old log-probabilities, values, advantages and returns are
  /// the current ones plus noise, so that some tokens are clipped.
  private func rollouts(
    _ policy: Model, _ value: Model, _ options: PPOOptions
  ) throws -> [Rollout] {
    let arena = LaneArena(policy, lanes: 1)
    let plain = (0..<5).map { index in
      Rollout(
        prompt: PPOPrompt(id: "\(index)", tokens: randomTokens(2 + index, seed: UInt64(index))),
        draw: 0, response: randomTokens(3 + index * 2, seed: UInt64(90 + index)), ended: true,
        logProbabilities: [])
    }
    let logp = try responseLogProbabilities(
      plain, policy, temperature: options.temperature, arena: arena)
    let values = try responseValues(plain, value, arena: arena)
    return plain.indices.map { index in
      var generator = RandomKey(seed: 5, stage: "noise", item: index).generator()
      func noise(_ scale: Double) -> Float { Float(scale * generator.normal()) }
      var rollout = Rollout(
        prompt: plain[index].prompt, draw: 0, response: plain[index].response, ended: true,
        logProbabilities: logp[index].map { $0 + noise(0.3) })
      rollout.values = values[index].map { $0 + noise(0.3) }
      rollout.advantages = values[index].map { _ in noise(1) }
      rollout.returns = values[index].map { $0 + noise(1) }
      return rollout
    }
  }

  @Test(arguments: [Float(1), 0.7])
  func gradientsMatchFiniteDifferences(temperature: Float) throws {
    var options = PPOOptions()
    options.temperature = temperature
    let configuration = tinyConfiguration(layers: 2)
    let policy = randomModel(configuration)
    let value = randomModel(configuration, head: .scalar, seed: 2)
    let members = try rollouts(policy, value, options)
    let arena = LaneArena(policy, lanes: 2)
    let trainers = [policy, value].map {
      LaneTrainer($0, arena: arena, options: OptimizerOptions(), state: OptimizerState(for: $0))
    }
    func sums() throws -> UpdateSums {
      try minibatchGradients(
        members, policy: trainers[0], value: trainers[1], options: options
      ).sums
    }
    let first = try sums()
    #expect(first.tokens == members.reduce(0) { $0 + $1.response.count })
    #expect(first.clipped > 2 && first.clipped < Double(first.tokens) / 2)
    #expect(first.valueClipped > 2)
    let gradients = trainers.map { trainer in
      let copy = FloatBuffer(count: trainer.model.layout.count)
      copy.pointer.update(from: trainer.gradients[0].pointer, count: copy.count)
      return copy
    }
    let policyError = try directionalError(policy, gradient: gradients[0], step: 2e-4) {
      let sums = try sums()
      return sums.policyLoss / Double(sums.tokens)
    }
    #expect(policyError < 5e-3)
    let valueError = try directionalError(value, gradient: gradients[1], step: 2e-4) {
      let sums = try sums()
      return sums.valueLoss / Double(sums.tokens)
    }
    #expect(valueError < 1e-2)
  }

  @Test func lossesAndNormsMatchRecordedPyTorch() throws {
    let reference = try TrainingReference.load()
    var options = PPOOptions()
    options.temperature = 0.7
    let policy = TrainingReference.model(head: .languageModel)
    let value = TrainingReference.model(head: .scalar)
    let members = TrainingReference.sequences.enumerated().map { index, tokens in
      let prompt = TrainingReference.prompts[index]
      var rollout = Rollout(
        prompt: PPOPrompt(id: "\(index)", tokens: Array(tokens.prefix(prompt))), draw: 0,
        response: Array(tokens.dropFirst(prompt)), ended: true,
        logProbabilities: reference.old[index])
      rollout.advantages = TrainingReference.uniform(
        UInt64(5000 + index), rollout.response.count
      ).map { Float(4 * ($0 - 0.5)) }
      rollout.values = reference.old_values[index]
      rollout.returns = reference.returns[index]
      return rollout
    }
    let arena = LaneArena(policy, lanes: 2)
    let trainers = [policy, value].map {
      LaneTrainer($0, arena: arena, options: OptimizerOptions(), state: OptimizerState(for: $0))
    }
    let result = try minibatchGradients(
      members, policy: trainers[0], value: trainers[1], options: options)
    let tokens = Double(result.sums.tokens)
    #expect(abs(result.sums.policyLoss / tokens - reference.ppo_loss) < 1e-4)
    #expect(abs(result.policyNorm / reference.ppo_norm - 1) < 1e-3)
    #expect(abs(result.sums.valueLoss / tokens - reference.value_loss) < 1e-4)
    #expect(abs(result.valueNorm / reference.value_norm - 1) < 1e-3)
  }

  @Test func clippingStopsTheGradientOnOneSideOnly() {
    func part(_ ratio: Double, _ advantage: Double) -> (Double, Double, Bool) {
      let p = clippedPolicyLoss(new: log(ratio), old: 0, advantage: advantage, clip: 0.2)
      return (p.loss, p.coefficient, p.clipped)
    }
    // Beyond the range in the direction the advantage asks for: a constant.
    #expect(part(1.5, 2).1 == 0 && abs(part(1.5, 2).0 + 2.4) < 1e-12 && part(1.5, 2).2)
    #expect(part(0.5, -2).1 == 0 && abs(part(0.5, -2).0 - 1.6) < 1e-12)
    // Beyond it in the other direction: the gradient pulls back.
    #expect(abs(part(1.5, -2).1 + 3) < 1e-12 && !part(1.5, -2).2)
    #expect(abs(part(0.5, 2).1 - 1) < 1e-12)
    #expect(abs(part(1, 2).1 - 2) < 1e-12)

    let far = clippedValueLoss(new: 1, old: 0, target: 2, clip: 0.2)
    #expect(far.slope == 0 && abs(far.loss - 0.5 * 1.8 * 1.8) < 1e-12 && far.clipped)
    let past = clippedValueLoss(new: 3, old: 0, target: 0.1, clip: 0.2)
    #expect(abs(past.slope - 2.9) < 1e-12 && !past.clipped)
  }
}
