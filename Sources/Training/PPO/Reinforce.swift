internal import Foundation
internal import Inference
public import Kernels
public import Transformer

/// Largest difference between two passes over the same weights and tokens, in
/// nats per `max(1, |log p|)`: room for float32 rounding only.
private let passTolerance = 1e-4

/// Reinforcement learning from a preference model, by PPO, on the policy in
/// place. Sources: Ziegler et al., "Fine-tuning language models from human
/// preferences" (2019), for the objective; Schulman et al., "Proximal policy
/// optimization algorithms" (2017), for the updates.
///
/// There is no entropy bonus. Bit-identical on repeats with equal `lanes`, and
/// across a stop and a resume with `state`.
/// - Parameters:
///   - policy: the initial policy; frozen copies of it are the reference.
///   - preferenceModel: reads its score at the last token; its copy is the
///     first value network. Must share the policy's tokenizer.
///   - heldOut: prompts whose mean score, under fixed keys, picks the best
///     weights.
///   - state: of an earlier run to go on from; a new one starts over.
///   - reward: called on this thread for every rollout, in order; its result is
///     the reward of the whole response, before the missing-end penalty.
///   - checkpoint: called before `report`, when the state may be saved; not
///     after the last iteration, whose weights may be put back.
///   - report: called after each iteration; throwing ends the run there.
/// - Throws: `TrainingError` for unusable prompts, options or models, for a
///   reward that is not finite, and when sampling and log-probability passes
///   disagree (KL at step 0, ratio before an iteration's first update).
public func reinforce(
  policy: Model, preferenceModel: Model, tokenizer: Tokenizer, prompts: [PPOPrompt],
  heldOut: [PPOPrompt] = [], options: PPOOptions, state: PPOState? = nil,
  lanes: Int = Lanes.standardCount,
  reward: (RewardInput) throws -> Double,
  checkpoint: (PPOState) throws -> Void = { _ in },
  report: (PPOStep) throws -> Void
) throws -> PPOResult {
  let endOfTurn = try check(policy, preferenceModel, tokenizer, prompts + heldOut, options)
  guard !prompts.isEmpty else {
    throw TrainingError("ppo: there are no prompts; give at least one")
  }
  let state =
    state ?? PPOState(policy: policy, preferenceModel: preferenceModel, options: options)
  guard state.policy === policy else {
    throw TrainingError(
      "ppo: the state holds another policy than the one given; restore it into that model")
  }
  let run = PPORun(
    state: state, preferenceModel: preferenceModel, tokenizer: tokenizer,
    endOfTurn: endOfTurn, heldOut: heldOut, options: options, lanes: lanes)
  var stop = (reason: PPOStopReason.completed, detail: "all \(options.iterations) iterations ran")
  if state.evaluations.isEmpty { _ = try run.evaluate() }

  while state.iteration < options.iterations {
    var step = PPOStep(iteration: state.iteration + 1, iterations: options.iterations)
    step.klCoefficient = state.klCoefficient
    let candidate = run.needsLastGood ? state.snapshot() : nil
    var clock = PhaseClock()

    // 1. Generate: one response per prompt, keeping the log-probabilities of
    //    the distribution that sampled.
    var rollouts = try run.sampleRollouts(prompts)
    step.seconds.sample = clock.lap()

    // 2. Score: preference model at the end-of-turn, reference
    //    log-probabilities, values before every response token.
    try run.score(&rollouts)
    if state.iteration == 0 { try checkZeroKL(rollouts) }

    // 3. Shape: the caller's closure, then the missing-end penalty.
    try run.shape(&rollouts, reward)

    // 4. Reward per token: minus the KL penalty at each token, the shaped
    //    reward at the last; whitened (mean kept) if asked.
    var rewards = rollouts.map {
      tokenRewards(kl: $0.kl, klCoefficient: state.klCoefficient, final: $0.reward)
    }
    if options.whitenRewards { rewards = whiten(rewards, keepingMean: true) }

    // 5. Advantages and returns (GAE).
    for index in rollouts.indices {
      (rollouts[index].advantages, rollouts[index].returns) = generalizedAdvantages(
        rewards: rewards[index], values: rollouts[index].values,
        gamma: options.gamma, lambda: options.lambda)
    }

    // 6. Whiten the advantages over all response tokens.
    let whitened = whiten(rollouts.map(\.advantages))
    for index in rollouts.indices { rollouts[index].advantages = whitened[index] }
    step.measure(rollouts)
    step.seconds.score = clock.lap()

    // 7. Epochs of clipped policy and value updates over keyed minibatches.
    let broken = try run.update(rollouts, &step)
    step.seconds.update = clock.lap()

    // 8. Health: guard rails, held-out score, KL controller.
    if let floor = options.endRateFloor {
      state.lowEndRates = step.endRate < floor ? state.lowEndRates + 1 : 0
    }
    let violation =
      broken.map { (PPOStopReason.nonFiniteLoss, $0) }
      ?? step.violation(options, lowEndRates: state.lowEndRates)
    if violation == nil, state.lowEndRates == 0, let candidate { state.lastGood = candidate }
    state.iteration += 1
    run.adaptKL(step)
    let last = violation != nil || state.iteration == options.iterations
    if broken == nil, last || state.iteration % options.evaluateEvery == 0 {
      step.heldOutScore = try run.evaluate()
      step.seconds.evaluate = clock.lap()
    }
    state.steps.append(step)
    if !last { try checkpoint(state) }
    try report(step)
    if let violation {
      stop = violation
      break
    }
  }
  let returned = run.settle(stop.reason)
  return PPOResult(
    steps: state.steps, evaluations: state.evaluations, reason: stop.reason, detail: stop.detail,
    returnedIteration: returned.iteration, returned: returned.words,
    valueModel: state.valueModel, klCoefficient: state.klCoefficient)
}

/// Throws unless the freshly sampled tokens have, under the frozen copy of the
/// same weights, the log-probabilities they were sampled with.
func checkZeroKL(_ rollouts: [Rollout]) throws(TrainingError) {
  for rollout in rollouts {
    for (token, difference) in rollout.kl.enumerated() {
      let allowed = passTolerance * Double(max(1, abs(rollout.reference[token])))
      guard Double(abs(difference)) <= allowed else {
        throw TrainingError(
          "ppo step 0: prompt '\(rollout.prompt.id)', response token \(token): log p is"
            + " \(rollout.logProbabilities[token]) as sampled but"
            + " \(rollout.reference[token]) under the initial policy; the KL must start at 0"
            + " (was the policy changed while sampling, or the state of another run given?)")
      }
    }
  }
}

/// Throws unless the ratio is 1 before an iteration's first update.
func checkUnitRatio(_ sums: UpdateSums, iteration: Int) throws(TrainingError) {
  guard sums.maximumDrift <= passTolerance || !sums.maximumDrift.isFinite else {
    throw TrainingError(
      "ppo iteration \(iteration + 1): before the first update the log ratio is off by"
        + " \(sums.maximumDrift) (allowed \(passTolerance)); sampling and training passes"
        + " disagree about the policy's distribution")
  }
}

/// Checks what PPO is given, before any compute.
/// - Returns: the policy's end-of-turn token.
private func check(
  _ policy: Model, _ preferenceModel: Model, _ tokenizer: Tokenizer, _ prompts: [PPOPrompt],
  _ options: PPOOptions
) throws(TrainingError) -> Int32 {
  try options.check()
  guard policy.head == .languageModel else {
    throw TrainingError("ppo: the policy has a scalar head; give a language model")
  }
  guard preferenceModel.head == .scalar, let head = preferenceModel.layout["score.weight"],
    head.range.contains(where: { preferenceModel.parameters[$0] != 0 })
  else {
    throw TrainingError(
      "ppo: the preference model has no trained scalar head (score.weight is missing or zero);"
        + " train it first")
  }
  let vocabulary = policy.configuration.vocabularySize
  guard preferenceModel.configuration.vocabularySize == vocabulary,
    tokenizer.vocabularySize <= vocabulary
  else {
    throw TrainingError(
      "ppo: vocabularies differ: policy \(vocabulary), preference model"
        + " \(preferenceModel.configuration.vocabularySize), tokenizer"
        + " \(tokenizer.vocabularySize); all three must come from one tokenizer")
  }
  guard
    let endOfTurn = policy.configuration.endOfTurnToken ?? policy.configuration.endOfTextToken
  else {
    throw TrainingError(
      "ppo: the policy's configuration names no end-of-turn token; set eos_token_id")
  }
  let context = min(
    policy.configuration.maximumPositions, preferenceModel.configuration.maximumPositions)
  for prompt in prompts {
    try checkSequence(prompt.tokens, policy.configuration, place: "ppo prompt '\(prompt.id)'")
    // One more position for the end-of-turn that an unended response is given.
    guard prompt.tokens.count + options.maximumNewTokens + 1 <= context else {
      throw TrainingError(
        "ppo prompt '\(prompt.id)': \(prompt.tokens.count) tokens leave no room for"
          + " \(options.maximumNewTokens) new ones and an end-of-turn in a context of \(context);"
          + " shorten the prompt or lower maximumNewTokens")
    }
  }
  return Int32(endOfTurn)
}

/// Seconds between laps.
private struct PhaseClock {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant

  init() { last = clock.now }

  mutating func lap() -> Double {
    let now = clock.now
    defer { last = now }
    return (now - last).seconds
  }
}
