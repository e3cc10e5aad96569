public import Kernels
public import Transformer

/// Everything a PPO run carries from one iteration to the next. Draws are keyed
/// by iteration, so there is no generator to remember: with this state, a run
/// goes on exactly as if it had never stopped.
public final class PPOState: @unchecked Sendable {
  // Sendable: owned by one `reinforce` call at a time.

  /// Weights that are put back or compared: of a moment in the run.
  struct Snapshot {
    /// Iterations done when it was taken.
    var iteration: Int
    var score: Double?
    var parameters: FloatBuffer
  }

  /// The policy in training; its weights change in place.
  public let policy: Model
  /// The initial policy, frozen.
  public let reference: Model
  /// The value network: the preference model's copy at the start.
  public let valueModel: Model
  public let policyOptimizer: OptimizerState
  public let valueOptimizer: OptimizerState
  /// Iterations done.
  public internal(set) var iteration = 0
  public internal(set) var klCoefficient: Double
  /// Iterations in a row whose end rate missed the floor.
  public internal(set) var lowEndRates = 0
  /// Mean held-out score after `iteration` iterations, in order.
  public internal(set) var evaluations: [PPOEvaluation] = []
  var best: Snapshot?
  var lastGood: Snapshot?

  /// The state before the first iteration. `policy` is trained in place.
  public init(policy: Model, preferenceModel: Model, options: PPOOptions) {
    self.policy = policy
    reference = policy.copy()
    valueModel = preferenceModel.copy()
    policyOptimizer = OptimizerState(for: policy)
    valueOptimizer = OptimizerState(for: valueModel)
    klCoefficient = options.klCoefficient
  }

  /// A copy of the policy's weights now.
  func snapshot(score: Double? = nil) -> Snapshot {
    let parameters = policy.makeGradient()
    parameters.pointer.update(from: policy.parameters.pointer, count: parameters.count)
    return Snapshot(iteration: iteration, score: score, parameters: parameters)
  }

  func restore(_ snapshot: Snapshot) {
    policy.parameters.pointer.update(
      from: snapshot.parameters.pointer, count: policy.parameters.count)
  }
}

/// One held-out evaluation.
public struct PPOEvaluation: Sendable, Codable, Hashable {
  /// Iterations done before it; 0 is the initial policy.
  public var iteration: Int
  /// Mean preference-model score over the held-out samples.
  public var score: Double
  public var standardDeviation: Double
  public var count: Int
}

/// How a PPO run ended.
public struct PPOResult: Sendable {
  public var steps: [PPOStep]
  public var evaluations: [PPOEvaluation]
  public var reason: PPOStopReason
  /// The evidence for `reason`, in words.
  public var detail: String
  /// Iterations after which the returned weights were taken; 0 is the initial
  /// policy.
  public var returnedIteration: Int
  /// Which weights the policy holds now and why, in words.
  public var returned: String
  /// The value network as it was last trained.
  public var valueModel: Model
  /// The coefficient a further iteration would use.
  public var klCoefficient: Double
}
