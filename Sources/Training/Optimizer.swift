internal import Foundation
public import Kernels
public import Transformer

/// How the learning rate moves after the warm-up.
public enum LearningRateSchedule: Codable, Hashable, Sendable {
  case constant
  /// Half a cosine from the full rate to `floor` times the full rate.
  case cosine(floor: Double)
}

/// AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR
/// 2019) with global-norm clipping.
///
/// Weight decay acts on the weight matrices, the embedding included; it leaves
/// the norms' gains, biases and the scalar head alone.
public struct OptimizerOptions: Codable, Hashable, Sendable {
  /// Peak learning rate, reached at the end of the warm-up.
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// Share of a weight removed per step, times the learning rate.
  public var weightDecay: Double
  /// Largest global gradient norm; a longer gradient is scaled down to it.
  public var clipNorm: Double
  public var schedule: LearningRateSchedule
  /// Steps over which the rate rises in a line to its peak.
  public var warmupSteps: Int

  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.95,
    epsilon: Double = 1e-8, weightDecay: Double = 0, clipNorm: Double = 1,
    schedule: LearningRateSchedule = .constant, warmupSteps: Int = 0
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipNorm = clipNorm
    self.schedule = schedule
    self.warmupSteps = warmupSteps
  }

  /// The rate of 0-based step `step` of `steps`. Step 0 of a warm-up of n is
  /// 1/n of the peak; the last step of a cosine is just above its floor.
  public func learningRate(step: Int, of steps: Int) -> Double {
    if step < warmupSteps {
      return learningRate * Double(step + 1) / Double(warmupSteps)
    }
    switch schedule {
    case .constant: return learningRate
    case .cosine(let floor):
      let span = max(1, steps - warmupSteps)
      let progress = min(1, Double(step - warmupSteps) / Double(span))
      let cosine = 0.5 * (1 + cos(.pi * progress))
      return learningRate * (floor + (1 - floor) * cosine)
    }
  }

  func check() throws(TrainingError) {
    try require(learningRate.isFinite && learningRate >= 0, "learningRate", learningRate, ">= 0")
    try require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "in [0, 1)")
    try require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "in [0, 1)")
    try require(epsilon > 0, "epsilon", epsilon, "> 0")
    try require(weightDecay.isFinite && weightDecay >= 0, "weightDecay", weightDecay, ">= 0")
    try require(clipNorm > 0, "clipNorm", clipNorm, "> 0")
    try require(warmupSteps >= 0, "warmupSteps", Double(warmupSteps), ">= 0")
    if case .cosine(let floor) = schedule {
      try require(floor >= 0 && floor <= 1, "schedule floor", floor, "in [0, 1]")
    }
  }
}

/// Throws when an option is out of range (or not a number).
func require(
  _ condition: Bool, _ name: String, _ value: Double, _ range: String
) throws(TrainingError) {
  guard condition else {
    throw TrainingError("option \(name): \(value) is out of range; it must be \(range)")
  }
}

/// What AdamW remembers: both moments of every parameter and the number of
/// steps taken. A class, so that a run can be extended or resumed by passing
/// the same state again.
public final class OptimizerState: @unchecked Sendable {
  // Sendable: written by one training function at a time, whose lanes write
  // disjoint ranges; nothing else holds the buffers while it runs.

  /// First moment, laid out as the model's parameters.
  public let firstMoment: FloatBuffer
  /// Second moment, laid out as the model's parameters.
  public let secondMoment: FloatBuffer
  /// Steps taken so far.
  public internal(set) var step: Int

  public init(for model: Model) {
    firstMoment = FloatBuffer(count: model.layout.count)
    secondMoment = FloatBuffer(count: model.layout.count)
    step = 0
  }
}
