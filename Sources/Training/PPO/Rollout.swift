internal import Inference
internal import Kernels
internal import KeyedRandom
internal import Transformer

/// One sampled response and everything PPO computes about it. Arrays have one
/// element per response token.
struct Rollout: Sendable {
  let prompt: PPOPrompt
  /// Which sample of this prompt within the iteration.
  let draw: Int
  let response: [Int32]
  let ended: Bool
  /// Under the distribution that sampled, nats.
  let logProbabilities: [Float]
  /// Under the frozen initial policy, nats.
  var reference: [Float] = []
  /// Before each token, by the value network as it was when sampling.
  var values: [Float] = []
  /// Preference-model score, as it comes out of the model.
  var score = 0.0
  /// What the reward closure made of it, missing-end penalty included.
  var reward = 0.0
  var advantages: [Float] = []
  var returns: [Float] = []

  /// What a network reads to predict or value every response token.
  var inputs: [Int32] { prompt.tokens + response.dropLast() }
  /// The row of `inputs` that predicts the first of them.
  var firstRead: Int { prompt.tokens.count - 1 }
  /// k1 per token: log p - log p_ref.
  var kl: [Float] { zip(logProbabilities, reference).map(-) }
}

/// Rows of the responses' predictions in a batch of the rollouts' `inputs`: each
/// prompt's last row and every response row but the last.
func responseRows(of rollouts: [Rollout], in batch: PackedBatch) -> [Int32] {
  zip(rollouts, batch.offsets).flatMap { rollout, offset in
    rollout.response.indices.map { Int32(offset + rollout.firstRead + $0) }
  }
}

/// Which prompts an iteration samples: pass after pass over all of them, each
/// in its own keyed order. A prompt met twice in one iteration gets draw 1, ….
func rolloutPrompts(
  _ prompts: [PPOPrompt], iteration: Int, options: PPOOptions
) -> [(prompt: PPOPrompt, draw: Int)] {
  let order = EpochOrder(
    count: prompts.count, batchSize: options.rollouts, seed: options.seed, stage: "ppo")
  var seen: [String: Int] = [:]
  return order.batch(iteration).map { index in
    let prompt = prompts[index]
    defer { seen[prompt.id, default: 0] += 1 }
    return (prompt, seen[prompt.id, default: 0])
  }
}

/// Samples one response per prompt from the engine's current weights. Each is
/// keyed `(seed, stage, "iteration/promptID", draw)`.
func sample(
  _ prompts: [(prompt: PPOPrompt, draw: Int)], stage: String, iteration: Int,
  endOfTurn: Int32, engine: LocalEngine, options: PPOOptions
) throws -> [Rollout] {
  let requests = prompts.map { prompt, draw in
    GenerationRequest(
      prompt: prompt.tokens, sampling: Sampling(temperature: options.temperature),
      key: RandomKey(
        seed: options.seed, stage: stage, item: "\(iteration)/\(prompt.id)",
        draw: UInt64(draw)),
      maximumNewTokens: options.maximumNewTokens, stopTokens: [endOfTurn])
  }
  return zip(prompts, try engine.generate(requests, progress: nil)).map { item, generation in
    Rollout(
      prompt: item.prompt, draw: item.draw, response: generation.tokens,
      ended: generation.finish == .stopToken,
      logProbabilities: generation.logProbabilities)
  }
}

/// Preference-model scores of whole conversations. A response that did not end
/// is given the end-of-turn it lacks, since the model only ever read scores
/// there; the missing-end penalty is what it costs.
func score(
  _ rollouts: [Rollout], _ preferenceModel: Model, endOfTurn: Int32, arena: LaneArena
) throws -> [Double] {
  let sequences = rollouts.map {
    $0.prompt.tokens + $0.response + ($0.ended ? [] : [endOfTurn])
  }
  return try scores(preferenceModel, sequences, arena: arena, chunkRows: standardChunkRows)
    .map(Double.init)
}

/// Log-probabilities of every response token under `model`, at the sampling
/// temperature.
func responseLogProbabilities(
  _ rollouts: [Rollout], _ model: Model, temperature: Float, arena: LaneArena
) throws -> [[Float]] {
  try forwardPass(
    model, rollouts.map(\.inputs), readingFrom: rollouts.map(\.firstRead), arena: arena,
    chunkRows: standardChunkRows
  ) { chunk, packed, workspace in
    let members = chunk.map { rollouts[$0] }
    let rows = responseRows(of: members, in: packed)
    let logp = model.logProbabilities(
      rows: rows, targets: members.flatMap(\.response), temperature: temperature,
      workspace, entropies: false
    ).logProbabilities
    return split(logp, like: members)
  }
}

/// The value network's estimate before every response token.
func responseValues(
  _ rollouts: [Rollout], _ model: Model, arena: LaneArena
) throws -> [[Float]] {
  try forwardPass(
    model, rollouts.map(\.inputs), readingFrom: rollouts.map(\.firstRead), arena: arena,
    chunkRows: standardChunkRows
  ) { chunk, packed, workspace in
    let members = chunk.map { rollouts[$0] }
    let rows = responseRows(of: members, in: packed)
    return split(model.scores(rows: rows, workspace), like: members)
  }
}

/// Cuts a chunk's values into one array per rollout.
func split(_ values: [Float], like members: [Rollout]) -> [[Float]] {
  var start = 0
  return members.map { member in
    defer { start += member.response.count }
    return Array(values[start..<start + member.response.count])
  }
}
