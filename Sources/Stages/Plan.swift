public import Constitution
import Foundation
import Kernels
import RunStore
import Transformer

/// What a run would reuse and compute, and about how long that would take.
public struct Plan: Sendable, Encodable {
  public struct Stage: Sendable, Encodable {
    public var name: String
    public var items: Int
    /// Model calls answered from the record, and to be made.
    public var callsReused: Int
    public var callsToCompute: Int
    /// Whether a model is to be trained; nil when the stage trains none.
    public var trains: Bool?
    /// Estimated seconds of compute.
    public var seconds: Double
  }

  public var stages: [Stage]
  /// Estimated seconds of compute in all stages.
  public var seconds: Double

  init(
    _ planned: [(record: StageRecord, work: PlanTally.Work)], model: ModelConfiguration,
    speed: MachineSpeed
  ) {
    stages = planned.map { record, work in
      Stage(
        name: record.name, items: record.items, callsReused: record.modelCallsReused,
        callsToCompute: record.modelCallsComputed,
        trains: record.computed > record.modelCallsComputed
          ? true : record.reused > record.modelCallsReused ? false : nil,
        seconds: speed.seconds(for: work, model: model))
    }
    seconds = stages.reduce(0) { $0 + $1.seconds }
  }
}

/// How fast this machine computes, for estimates of time.
public struct MachineSpeed: Sendable {
  /// Floating-point operations a second of large matrix products, all lanes
  /// together.
  public var matrixOperations: Double

  public init(matrixOperations: Double) { self.matrixOperations = matrixOperations }

  /// Measures, in the precision of an experiment, for about a twentieth of a second. Needs a loaded BLAS.
  public static func measured(for experiment: Experiment, lanes: Int) -> MachineSpeed {
    MachineSpeed(
      matrixOperations: MatmulPeak.measure(
        experiment.precision, lanes: lanes, size: 384, trials: 2))
  }

  // Shares of the speed of large products that the loops reach, measured on the
  // shipped base of 4 million parameters. Larger models reach more.
  private static let trainingShare = 0.6
  private static let callShare = 0.9
  private static let readShare = 0.5

  func seconds(for work: PlanTally.Work, model: ModelConfiguration) -> Double {
    let parameters = Double(model.matrixParameterCount)
    return
      (6 * parameters * Double(work.trainingTokens) / Self.trainingShare
      + 2 * parameters * Double(work.callTokens) / Self.callShare
      + 2 * parameters * Double(work.readTokens) / Self.readShare) / matrixOperations
  }
}
