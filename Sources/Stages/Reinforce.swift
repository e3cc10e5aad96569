import Constitution
import Foundation
import Kernels
import KeyedRandom
import RunStore
import Training
import Transformer

/// RL-CAI: PPO from SL-CAI against the preference model.
struct Reinforce {
  /// A stopped run loses at most this many iterations.
  private static let iterationsBetweenSaves = 5

  /// A policy on the way.
  struct Snapshot {
    /// Iterations that it has behind it.
    var iteration: Int
    var model: TrainedModel
  }

  /// Returns the trained policy and the snapshots that were asked for; there are
  /// fewer when training stopped early.
  func run(
    _ context: StageContext, start: Checkpoint, preference: Checkpoint, name: String
  ) throws -> (final: TrainedModel, snapshots: [Snapshot]) {
    guard start.tokenizer.hash == preference.tokenizer.hash else {
      throw StageError(
        "the preference model's tokenizer is not the policy's; its scores would mean nothing — "
          + "train both from one model")
    }
    let (prompts, heldOut) = self.prompts(context)
    var options = PPOOptions(context.settings.ppo)
    options.seed = context.experiment.seed
    context.counter.items = options.iterations * options.rollouts

    var print = Fingerprint(StageVersion.ppo)
    print.add(start.model.precision.rawValue)
    print.add(start.weightsHash)
    print.add(preference.weightsHash)
    print.add(start.tokenizer.hash)
    for prompt in prompts + heldOut {
      print.add(prompt.id)
      print.add(prompt.tokens)
    }
    print.add(prompts.count)
    try print.add(settings: options)
    print.add(try context.hooks.rewardFingerprint())
    print.add(context.lanes)

    let fingerprint = print.hex()
    let wanted = snapshotIterations(context.settings.ppo)
    func snapshotFingerprint(_ iteration: Int) -> String { "\(fingerprint)@\(iteration)" }
    // Snapshots are made while training, so a policy on record that was trained
    // without them is trained again.
    let complete = try wanted.allSatisfy {
      try context.isTrained(snapshotFingerprint($0))
        || context.isStopped(fingerprint, before: $0)
    }
    let final = try context.trained(
      fingerprint, kind: "rl-cai", base: start, tokens: tokens(prompts, options),
      again: !complete
    ) {
      var policy = start.model.copy()
      let file = try context.unfinished(fingerprint)
      var state: PPOState?
      if FileManager.default.fileExists(atPath: file.path) {
        let saved = try PPOState(
          restoring: policy, preferenceModel: preference.model, options: options,
          tag: fingerprint, from: file)
        // A training that was begun without them has passed its snapshots by.
        let missed = try wanted.filter {
          try $0 <= saved.iteration && !context.isTrained(snapshotFingerprint($0))
        }
        if missed.isEmpty {
          context.observer.note("goes on after iteration \(saved.iteration)")
          state = saved
        } else {
          context.observer.note(
            "starts over: the unfinished training is past iteration \(missed[0]), which is to be "
              + "kept")
          policy = start.model.copy()
        }
      }
      let result = try reinforce(
        policy: policy, preferenceModel: preference.model, tokenizer: start.tokenizer,
        prompts: prompts, heldOut: heldOut, options: options, state: state,
        lanes: context.lanes,
        reward: { try context.hooks.reward(ScriptHooks.RewardSample($0)) },
        checkpoint: { state in
          if wanted.contains(state.iteration) {
            _ = try context.trained(
              snapshotFingerprint(state.iteration), kind: "rl-cai snapshot", base: start,
              tokens: 0
            ) { policy }
          }
          if state.iteration % Self.iterationsBetweenSaves == 0 {
            try state.save(tag: fingerprint, to: file)
          }
        }
      ) { step in
        try context.checkCancellation()
        context.observer.stageProgressed(
          done: step.iteration, total: options.iterations,
          detail: String(
            format: "score %.2f, KL %.1f, clipped %.0f%%, entropy %.2f, length %.0f, ended %.0f%%",
            step.meanScore, step.meanKL, 100 * step.clipFraction, step.entropy,
            step.responseLength, 100 * step.endRate))
        try context.record(metrics: step.metrics, stage: name, step: step.iteration)
      }
      context.observer.note("ended: \(result.detail); kept \(result.returned)")
      context.counter.figures["returned_iteration"] = Double(result.returnedIteration)
      // A step's KL is that of the weights it began with.
      context.counter.figures["kl"] =
        (result.steps.count > result.returnedIteration
        ? result.steps[result.returnedIteration] : result.steps.last)?.meanKL
      for iteration in 1..<max(1, result.steps.count) {
        context.counter.figures["kl@\(iteration)"] = result.steps[iteration].meanKL
      }
      context.counter.figures["iterations"] = Double(result.steps.count)
      return policy
    }
    let snapshots = try wanted.compactMap { iteration -> Snapshot? in
      let fingerprint = snapshotFingerprint(iteration)
      guard try context.plan != nil || context.isTrained(fingerprint) else { return nil }
      // Read back, or in a plan a stand-in.
      let model = try context.trained(fingerprint, kind: "", base: start, tokens: 0) { start.model }
      return Snapshot(iteration: iteration, model: model)
    }
    return (final, snapshots)
  }

  /// Evenly spaced iterations before the last.
  private func snapshotIterations(_ settings: StageSettings.PPO) -> [Int] {
    let count = settings.snapshots
    return (1...max(1, count)).prefix(count).map {
      max(1, $0 * settings.iterations / (count + 1))
    }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// Tokens of all updates: policy and value network see every rollout in every
  /// epoch, with answers of a third of the longest length.
  private func tokens(_ prompts: [PPOPrompt], _ options: PPOOptions) -> Int {
    let prompt = prompts.reduce(0) { $0 + $1.tokens.count } / max(1, prompts.count)
    return 2 * options.iterations * options.epochs * options.rollouts
      * (prompt + options.maximumNewTokens / 3)
  }

  /// Red-team and ordinary prompts in the stated share, interleaved by a keyed
  /// shuffle; the shorter list repeats until the share is met. The best snapshot
  /// is chosen on a slice of them that is sampled under keys of its own, though a
  /// repeated prompt may be trained on too. The evaluation's held-out prompts are
  /// not looked at here.
  private func prompts(
    _ context: StageContext
  ) -> (training: [PPOPrompt], selection: [PPOPrompt]) {
    let sets = context.experiment.prompts
    let share = context.settings.ppo.harmfulShare
    func draw(_ prompts: [Prompt], _ count: Int, _ name: String) -> [PPOPrompt] {
      var order = Array(prompts.indices)
      var generator = context.key("ppo prompts", name).generator()
      generator.shuffle(&order)
      return (0..<count).map { index in
        let prompt = prompts[order[index % order.count]]
        return PPOPrompt(id: prompt.id, tokens: context.conversation.prompt(prompt.text))
      }
    }
    let total = sets.harmful.count + sets.helpful.count
    let harmful = Int((Double(total) * share).rounded())
    var mixed =
      draw(sets.harmful, harmful, "harmful") + draw(sets.helpful, total - harmful, "helpful")
    var generator = context.key("ppo prompts", "mix").generator()
    generator.shuffle(&mixed)
    let selected = min(64, mixed.count / 4)
    return (Array(mixed.dropLast(selected)), Array(mixed.suffix(selected)))
  }
}

extension ScriptHooks.RewardSample {
  init(_ input: RewardInput) {
    self.init(
      score: input.score, kl: input.kl, length: input.length, ended: input.ended,
      text: input.text, promptID: input.promptID, iteration: input.iteration)
  }
}

extension PPOOptions {
  init(_ settings: StageSettings.PPO) {
    self.init()
    iterations = settings.iterations
    rollouts = settings.rollouts
    maximumNewTokens = settings.maximumTokens
    temperature = Float(settings.temperature)
    learningRate = settings.learningRate
    valueLearningRate = settings.valueLearningRate
    epochs = settings.epochs
    minibatch = settings.minibatch
    klCoefficient = settings.klCoefficient
    klTarget = settings.klTarget
    clip = settings.clip
    valueClip = settings.valueClip
    gamma = settings.gamma
    lambda = settings.lambda
    missingEndPenalty = settings.missingEndPenalty
    klLimit = settings.klLimit
  }
}
