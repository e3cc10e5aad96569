internal import Foundation
internal import Kernels
internal import Transformer

/// Sums over the tokens of one chunk, minibatch or iteration.
struct UpdateSums: Sendable {
  var tokens = 0
  var policyLoss = 0.0
  var valueLoss = 0.0
  var ratio = 0.0
  var maximumRatio = 0.0
  /// Largest `|log ratio|`, in units of `max(1, |log p|)`.
  var maximumDrift = 0.0
  var clipped = 0.0
  var valueClipped = 0.0
  /// Sum of `(ratio - 1) - log ratio`: estimator k3 of KL(old, new).
  var approximateKL = 0.0
  var entropy = 0.0

  static func += (a: inout UpdateSums, b: UpdateSums) {
    a.tokens += b.tokens
    a.policyLoss += b.policyLoss
    a.valueLoss += b.valueLoss
    a.ratio += b.ratio
    a.maximumRatio = max(a.maximumRatio, b.maximumRatio)
    a.maximumDrift = max(a.maximumDrift, b.maximumDrift)
    a.clipped += b.clipped
    a.valueClipped += b.valueClipped
    a.approximateKL += b.approximateKL
    a.entropy += b.entropy
  }
}

/// The clipped surrogate of one token, `max(-A r, -A clip(r))`, and minus its
/// derivative by the new log-probability. Source: Schulman et al., "Proximal
/// policy optimization algorithms" (2017), equation 7.
func clippedPolicyLoss(
  new: Double, old: Double, advantage: Double, clip: Double
) -> (loss: Double, coefficient: Double, clipped: Bool) {
  let ratio = exp(new - old)
  let plain = -advantage * ratio
  let bounded = -advantage * min(max(ratio, 1 - clip), 1 + clip)
  // Where the bounded branch wins, the ratio is outside its range and the
  // bound is a constant.
  return plain >= bounded ? (plain, advantage * ratio, false) : (bounded, 0, true)
}

/// Half the larger of the squared errors of the new value and of the new value
/// held within `clip` of the old one, and its derivative by the new value.
func clippedValueLoss(
  new: Double, old: Double, target: Double, clip: Double
) -> (loss: Double, slope: Double, clipped: Bool) {
  let plain = new - target
  let bounded = min(max(new, old - clip), old + clip) - target
  return plain * plain >= bounded * bounded
    ? (0.5 * plain * plain, plain, false) : (0.5 * bounded * bounded, 0, true)
}

/// Policy pass over one chunk: forward, clipped loss and, with a gradient,
/// backward. `tokens` is the minibatch's number of response tokens, over which
/// the loss is a mean.
func policyPass(
  _ model: Model, _ weights: PackedWeights, _ members: [Rollout], tokens: Int, options: PPOOptions,
  workspace: TrainingWorkspace, gradient: FloatBuffer?
) -> UpdateSums {
  let packed = PackedBatch(members.map(\.inputs), readingFrom: members.map(\.firstRead))
  let rows = responseRows(of: members, in: packed)
  let targets = members.flatMap(\.response)
  let old = members.flatMap(\.logProbabilities)
  let advantages = members.flatMap(\.advantages)
  model.forward(packed, weights, workspace)
  let new = model.logProbabilities(
    rows: rows, targets: targets, temperature: options.temperature, workspace,
    entropies: true)
  var sums = UpdateSums()
  var coefficients = [Float](repeating: 0, count: rows.count)
  for token in rows.indices {
    let logp = Double(new.logProbabilities[token])
    let change = logp - Double(old[token])
    let part = clippedPolicyLoss(
      new: logp, old: Double(old[token]), advantage: Double(advantages[token]),
      clip: options.clip)
    coefficients[token] = Float(part.coefficient / Double(tokens))
    let ratio = exp(change)
    sums.tokens += 1
    sums.policyLoss += part.loss
    sums.ratio += ratio
    sums.maximumRatio = max(sums.maximumRatio, ratio)
    sums.maximumDrift = max(sums.maximumDrift, abs(change) / max(1, abs(logp)))
    sums.clipped += part.clipped ? 1 : 0
    sums.approximateKL += ratio - 1 - change
    sums.entropy += Double(new.entropies[token])
  }
  if let gradient {
    model.logProbabilitiesBackward(
      rows: rows, targets: targets, coefficients: coefficients,
      temperature: options.temperature, workspace, into: gradient)
    model.backward(packed, workspace, into: gradient)
  }
  return sums
}

/// Value pass over one chunk, as `policyPass`.
func valuePass(
  _ model: Model, _ weights: PackedWeights, _ members: [Rollout], tokens: Int, options: PPOOptions,
  workspace: TrainingWorkspace, gradient: FloatBuffer?
) -> UpdateSums {
  let packed = PackedBatch(members.map(\.inputs), readingFrom: members.map(\.firstRead))
  let rows = responseRows(of: members, in: packed)
  let old = members.flatMap(\.values)
  let targets = members.flatMap(\.returns)
  model.forward(packed, weights, workspace)
  let new = model.scores(rows: rows, workspace)
  var sums = UpdateSums()
  var slopes = [Float](repeating: 0, count: rows.count)
  for token in rows.indices {
    let part = clippedValueLoss(
      new: Double(new[token]), old: Double(old[token]), target: Double(targets[token]),
      clip: options.valueClip)
    slopes[token] = Float(part.slope / Double(tokens))
    sums.valueLoss += part.loss
    sums.valueClipped += part.clipped ? 1 : 0
  }
  if let gradient {
    model.scoresBackward(rows: rows, coefficients: slopes, workspace, into: gradient)
    model.backward(packed, workspace, into: gradient)
  }
  return sums
}

/// What one minibatch did.
struct MinibatchResult {
  var sums: UpdateSums
  var policyNorm: Double
  var valueNorm: Double

  var isFinite: Bool {
    sums.policyLoss.isFinite && sums.valueLoss.isFinite && policyNorm.isFinite
      && valueNorm.isFinite
  }
}

/// Gradients of both networks over one minibatch, left reduced and unapplied
/// in the trainers.
func minibatchGradients(
  _ rollouts: [Rollout], policy: LaneTrainer, value: LaneTrainer, options: PPOOptions
) throws -> MinibatchResult {
  let rows = rollouts.map { $0.prompt.tokens.count + $0.response.count - 1 }
  let tokens = rollouts.reduce(0) { $0 + $1.response.count }
  let plan = WorkPlan(
    rows: rows, lanes: policy.arena.laneCount, chunkRows: standardChunkRows)
  for arena in [policy.arena, value.arena] {
    arena.reserve(rows: plan.maximumRows(rows), sequence: rows.max() ?? 0)
  }
  let policyWeights = policy.model.packedWeights(
    forTraining: true, lanes: policy.arena.laneCount)
  let valueWeights = value.model.packedWeights(
    forTraining: true, lanes: value.arena.laneCount)
  let parts = try mapLanes(policy.arena.laneCount) { lane in
    policy.gradients[lane].zero()
    value.gradients[lane].zero()
    var sums = UpdateSums()
    for chunk in plan.lanes[lane] {
      let members = chunk.map { rollouts[$0] }
      sums += policyPass(
        policy.model, policyWeights, members, tokens: tokens, options: options,
        workspace: policy.arena.workspaces[lane], gradient: policy.gradients[lane])
      sums += valuePass(
        value.model, valueWeights, members, tokens: tokens, options: options,
        workspace: value.arena.workspaces[lane], gradient: value.gradients[lane])
    }
    return sums
  }
  var sums = UpdateSums()
  for part in parts { sums += part }
  return MinibatchResult(
    sums: sums, policyNorm: try policy.reduce(), valueNorm: try value.reduce())
}
