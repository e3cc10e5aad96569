internal import Foundation
internal import Inference
internal import Kernels
internal import KeyedRandom
internal import Transformer

/// The models, workspaces and engine of a running `reinforce`, and what its
/// numbered steps do with them.
final class PPORun {
  private let state: PPOState
  private let preferenceModel: Model
  private let tokenizer: Tokenizer
  private let endOfTurn: Int32
  private let heldOut: [PPOPrompt]
  private let options: PPOOptions
  private let engine: LocalEngine
  private let policy: LaneTrainer
  private let value: LaneTrainer

  init(
    state: PPOState, preferenceModel: Model, tokenizer: Tokenizer, endOfTurn: Int32,
    heldOut: [PPOPrompt], options: PPOOptions, lanes: Int
  ) {
    self.state = state
    self.preferenceModel = preferenceModel
    self.tokenizer = tokenizer
    self.endOfTurn = endOfTurn
    self.heldOut = heldOut
    self.options = options
    // The engine reads the live weights, so it samples from what was updated.
    engine = LocalEngine(
      model: state.policy, tokenizer: tokenizer, identity: "ppo policy",
      options: .init(lanes: lanes))
    let policyArena = LaneArena(state.policy, lanes: lanes)
    // Networks of one shape take turns in the same workspaces.
    let valueArena =
      state.valueModel.configuration == state.policy.configuration
        && state.valueModel.precision == state.policy.precision
      ? policyArena : LaneArena(state.valueModel, lanes: lanes)
    policy = LaneTrainer(
      state.policy, arena: policyArena, options: options.policyOptimizer,
      state: state.policyOptimizer)
    value = LaneTrainer(
      state.valueModel, arena: valueArena, options: options.valueOptimizer,
      state: state.valueOptimizer)
  }

  /// Whether the weights before a violation must be kept, because no held-out
  /// score will choose others.
  var needsLastGood: Bool { heldOut.isEmpty || options.keep == .last }

  func sampleRollouts(_ prompts: [PPOPrompt]) throws -> [Rollout] {
    try sample(
      rolloutPrompts(prompts, iteration: state.iteration, options: options),
      stage: "ppo", iteration: state.iteration, endOfTurn: endOfTurn, engine: engine,
      options: options)
  }

  func score(_ rollouts: inout [Rollout]) throws {
    let scores = try Training.score(
      rollouts, preferenceModel, endOfTurn: endOfTurn, arena: value.arena)
    let reference = try responseLogProbabilities(
      rollouts, state.reference, temperature: options.temperature, arena: policy.arena)
    let values = try responseValues(rollouts, state.valueModel, arena: value.arena)
    for index in rollouts.indices {
      rollouts[index].score = scores[index]
      rollouts[index].reference = reference[index]
      rollouts[index].values = values[index]
    }
  }

  func shape(
    _ rollouts: inout [Rollout], _ reward: (RewardInput) throws -> Double
  ) throws {
    for index in rollouts.indices {
      let rollout = rollouts[index]
      var score = rollout.score
      if options.normalizeScores, let moments = options.scoreMoments {
        score = (score - moments.mean) / moments.standardDeviation
      }
      let text = rollout.ended ? rollout.response.dropLast() : rollout.response[...]
      let shaped = try reward(
        RewardInput(
          iteration: state.iteration + 1, promptID: rollout.prompt.id, draw: rollout.draw,
          promptTokens: rollout.prompt.tokens, tokens: rollout.response,
          text: tokenizer.decode(text), score: score,
          kl: rollout.kl.reduce(0) { $0 + Double($1) }, length: rollout.response.count,
          ended: rollout.ended))
      guard shaped.isFinite else {
        throw TrainingError(
          "ppo iteration \(state.iteration + 1): the reward of prompt '\(rollout.prompt.id)',"
            + " draw \(rollout.draw) is \(shaped) (score \(score)); return a finite number")
      }
      rollouts[index].reward = shaped - (rollout.ended ? 0 : options.missingEndPenalty)
    }
  }

  /// All epochs of one iteration.
  /// - Returns: what was not finite, if anything was; the update that would
  ///   have used it was not made.
  func update(_ rollouts: [Rollout], _ step: inout PPOStep) throws -> String? {
    var epochs: [UpdateSums] = []
    var norms: [(policy: Double, value: Double)] = []
    defer { step.measure(epochs, norms: norms) }
    let total = options.iterations * options.stepsPerIteration
    for epoch in 0..<options.epochs {
      epochs.append(UpdateSums())
      let order = EpochOrder.order(
        count: rollouts.count, epoch: state.iteration * options.epochs + epoch,
        seed: options.seed, stage: "ppo/minibatches")
      for start in stride(from: 0, to: order.count, by: options.minibatch) {
        let members = order[start..<min(start + options.minibatch, order.count)]
          .map { rollouts[$0] }
        let result = try minibatchGradients(
          members, policy: policy, value: value, options: options)
        guard result.isFinite else {
          return "policy loss \(result.sums.policyLoss), value loss \(result.sums.valueLoss),"
            + " gradient norms \(result.policyNorm) and \(result.valueNorm) in epoch \(epoch + 1)"
        }
        if epoch == 0 && start == 0 {
          try checkUnitRatio(result.sums, iteration: state.iteration)
        }
        epochs[epoch] += result.sums
        norms.append((result.policyNorm, result.valueNorm))
        if state.iteration >= options.valueWarmupIterations {
          try policy.update(
            learningRate: policy.options.learningRate(step: state.policyOptimizer.step, of: total),
            norm: result.policyNorm)
        }
        try value.update(
          learningRate: value.options.learningRate(step: state.valueOptimizer.step, of: total),
          norm: result.valueNorm)
      }
    }
    return nil
  }

  /// The proportional controller of Ziegler et al. (2019), section 2.2.
  func adaptKL(_ step: PPOStep) {
    guard let target = options.klTarget else { return }
    let error = min(max(step.meanKL / target - 1, -0.2), 0.2)
    state.klCoefficient *= 1 + error * Double(options.rollouts) / Double(options.klHorizon)
  }

  /// Mean held-out score of the policy as it is; keeps the weights if it is
  /// the best so far.
  func evaluate() throws -> Double? {
    guard !heldOut.isEmpty else { return nil }
    let prompts = heldOut.flatMap { prompt in
      (0..<options.heldOutSamples).map { (prompt: prompt, draw: $0) }
    }
    // The same keys whatever the iteration, so that evaluations differ by the
    // weights alone.
    let rollouts = try sample(
      prompts, stage: "ppo/held-out", iteration: 0, endOfTurn: endOfTurn, engine: engine,
      options: options)
    let scores = try Training.score(
      rollouts, preferenceModel, endOfTurn: endOfTurn, arena: value.arena)
    let moments = ScoreMoments(of: scores.map(Float.init), set: "held-out prompts")
    state.evaluations.append(
      PPOEvaluation(
        iteration: state.iteration, score: moments.mean,
        standardDeviation: moments.standardDeviation, count: scores.count))
    if options.keep == .best, moments.mean > state.best?.score ?? -.infinity {
      state.best = state.snapshot(score: moments.mean)
    }
    return moments.mean
  }

  /// Puts the weights in place that the run returns.
  func settle(_ reason: PPOStopReason) -> (iteration: Int, words: String) {
    if options.keep == .best, let best = state.best {
      state.restore(best)
      return (
        best.iteration,
        "weights after iteration \(best.iteration): best held-out score \(best.score ?? 0)"
      )
    }
    if reason != .completed, let good = state.lastGood {
      state.restore(good)
      return (
        good.iteration,
        "weights after iteration \(good.iteration): the last that kept within every limit"
      )
    }
    return (state.iteration, "weights after iteration \(state.iteration): the last")
  }
}
