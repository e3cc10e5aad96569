public import Foundation
internal import Kernels
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
  /// Held-out evaluations so far, in order.
  public internal(set) var evaluations: [PPOEvaluation] = []
  /// What each iteration so far measured.
  public internal(set) var steps: [PPOStep] = []
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

extension PPOState {
  private struct Description: Codable {
    struct Mark: Codable {
      var iteration: Int
      var score: Double?
    }

    var tag: String
    var iteration: Int
    var klCoefficient: Double
    var lowEndRates: Int
    var evaluations: [PPOEvaluation]
    var steps: [PPOStep]
    var policyStep: Int
    var valueStep: Int
    var best: Mark?
    var lastGood: Mark?
  }

  /// Writes the state: both networks with their optimisers, the KL coefficient,
  /// the kept snapshots and what was measured. The initial policy and the
  /// preference model are not in it; they are given again to restore. `tag`
  /// names what the run is; only the same tag restores it.
  public func save(tag: String, to url: URL) throws {
    var buffers = [
      ("policy", policy.parameters), ("policy/first", policyOptimizer.firstMoment),
      ("policy/second", policyOptimizer.secondMoment), ("value", valueModel.parameters),
      ("value/first", valueOptimizer.firstMoment),
      ("value/second", valueOptimizer.secondMoment),
    ]
    if let best { buffers.append(("best", best.parameters)) }
    if let lastGood { buffers.append(("lastGood", lastGood.parameters)) }
    func mark(_ snapshot: Snapshot?) -> Description.Mark? {
      snapshot.map { .init(iteration: $0.iteration, score: $0.score) }
    }
    try TrainingFile.write(
      buffers,
      description: Description(
        tag: tag, iteration: iteration, klCoefficient: klCoefficient,
        lowEndRates: lowEndRates, evaluations: evaluations, steps: steps,
        policyStep: policyOptimizer.step, valueStep: valueOptimizer.step, best: mark(best),
        lastGood: mark(lastGood)),
      to: url)
  }

  /// Reads what `save` wrote. `policy` holds the initial weights, which become
  /// the reference, and is then given the saved ones.
  /// - Throws: `TrainingError` if the file is of another run or another model,
  ///   `CheckpointError` if it is missing or damaged.
  public convenience init(
    restoring policy: Model, preferenceModel: Model, options: PPOOptions, tag: String,
    from url: URL
  ) throws {
    self.init(policy: policy, preferenceModel: preferenceModel, options: options)
    let (file, saved) = try TrainingFile.open(url, Description.self)
    guard saved.tag == tag else {
      throw TrainingError(
        "\(url.path): the state of run '\(saved.tag)', not of '\(tag)';"
          + " delete the file to start over")
    }
    func snapshot(_ name: String, _ mark: Description.Mark?) throws -> Snapshot? {
      guard let mark else { return nil }
      let parameters = policy.makeGradient()
      try TrainingFile.read(name, from: file, into: parameters)
      return Snapshot(iteration: mark.iteration, score: mark.score, parameters: parameters)
    }
    best = try snapshot("best", saved.best)
    lastGood = try snapshot("lastGood", saved.lastGood)
    try TrainingFile.read("policy/first", from: file, into: policyOptimizer.firstMoment)
    try TrainingFile.read("policy/second", from: file, into: policyOptimizer.secondMoment)
    try TrainingFile.read("value", from: file, into: valueModel.parameters)
    try TrainingFile.read("value/first", from: file, into: valueOptimizer.firstMoment)
    try TrainingFile.read("value/second", from: file, into: valueOptimizer.secondMoment)
    try TrainingFile.read("policy", from: file, into: policy.parameters)
    policyOptimizer.step = saved.policyStep
    valueOptimizer.step = saved.valueStep
    iteration = saved.iteration
    klCoefficient = saved.klCoefficient
    lowEndRates = saved.lowEndRates
    evaluations = saved.evaluations
    steps = saved.steps
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
  /// Every iteration's figures, those before a resume included.
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
