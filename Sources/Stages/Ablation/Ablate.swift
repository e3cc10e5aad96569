public import Constitution
public import Foundation
public import Inference
import Kernels
import KeyedRandom
public import LuaHost
public import RunStore
import Transformer

/// Runs every arm of an ablation under every seed, then measures: the figures and
/// findings go into the record. A run that is on record is taken as it is, so
/// repeating the command resumes it, and ablations share what they have in common.
public final class Ablate {
  public let ablation: Ablation
  let vm: LuaVM
  let store: RunStore
  let root: URL
  let lanes: Int
  let limit: Int?
  let cancellation: Cancellation?
  private let experiments: [Cell]
  private var models: [String: StartingModel] = [:]

  /// One arm under one seed.
  struct Cell {
    var arm: Ablation.Arm
    var seed: UInt64
    var experiment: Experiment
    var fingerprint: String
  }

  /// Builds and checks every experiment; loads the models they start from.
  ///
  /// - Parameter limit: keeps so many prompts of each set, for trying out.
  public init(
    _ ablation: Ablation, vm: LuaVM, store: RunStore, root: URL, lanes: Int, limit: Int? = nil,
    cancellation: Cancellation? = nil
  ) throws {
    self.ablation = ablation
    self.vm = vm
    self.store = store
    self.root = root
    self.lanes = lanes
    self.limit = limit
    self.cancellation = cancellation
    var models: [String: StartingModel] = [:]
    var functions: [LuaFunction: String] = [:]
    experiments = try ablation.arms.flatMap { arm in
      try ablation.seeds.map { seed in
        var experiment = try ablation.experiment(arm, seed: seed)
        if let limit { experiment.prompts.limit(to: limit) }
        let key = Self.modelKey(experiment)
        let start = try models[key] ?? StartingModel(experiment, root: root)
        models[key] = start
        var print = Fingerprint(StageVersion.run)
        for stage in StageVersion.all { print.add(stage) }
        try print.add(settings: start.checkpoint.chat)
        print.add(try experiment.fingerprint(vm: vm, functions: &functions))
        print.add(start.checkpoint.weightsHash)
        print.add(start.checkpoint.tokenizer.hash)
        print.add(limit ?? 0)
        print.add(lanes)
        return Cell(arm: arm, seed: seed, experiment: experiment, fingerprint: print.hex())
      }
    }
    self.models = models
  }

  private static func modelKey(_ experiment: Experiment) -> String {
    "\(experiment.model) \(experiment.precision.rawValue)"
  }

  // MARK: Plan

  /// What the ablation would compute now.
  public struct AblationPlan: Sendable {
    public struct Row: Sendable {
      public var arm: String
      public var seed: UInt64
      /// The run on record that is the same, if there is one.
      public var run: String?
      /// Model calls answered from the record or by an earlier run of the plan, and to
      /// be made.
      public var callsReused: Int
      public var callsToCompute: Int
      /// Models to train.
      public var trainings: Int
      /// Estimated seconds of compute.
      public var seconds: Double
    }
    public var rows: [Row]
    public var seconds: Double { rows.reduce(0) { $0 + $1.seconds } }
  }

  /// Plans every run; what one run computes the next ones find on record.
  public func plan(
    describing: (Experiment) -> RunRecord, observer: any RunObserver
  ) throws -> AblationPlan {
    let speed = MachineSpeed.measured(for: experiments[0].experiment, lanes: lanes)
    let shared = PlannedWork()
    var seen: Set<String> = []
    return AblationPlan(
      rows: try experiments.map { cell in
        var row = AblationPlan.Row(
          arm: cell.arm.name, seed: cell.seed, run: nil, callsReused: 0, callsToCompute: 0,
          trainings: 0, seconds: 0)
        if let known = try store.finishedRun(fingerprint: cell.fingerprint) {
          row.run = known.id
          return row
        }
        guard seen.insert(cell.fingerprint).inserted else { return row }
        let plan = try pipeline(cell, observer: observer).plan(
          describing(cell.experiment), speed: speed, shared: shared)
        row.callsReused = plan.stages.reduce(0) { $0 + $1.callsReused }
        row.callsToCompute = plan.stages.reduce(0) { $0 + $1.callsToCompute }
        row.trainings = plan.stages.count { $0.trains == true }
        row.seconds = plan.seconds
        return row
      })
  }

  private func pipeline(_ cell: Cell, observer: any RunObserver) throws -> Pipeline {
    var pipeline = try Pipeline(
      experiment: cell.experiment, hooks: hooks(cell), store: store,
      start: models[Self.modelKey(cell.experiment)]!, observer: observer, lanes: lanes)
    pipeline.cancellation = cancellation
    return pipeline
  }

  private func hooks(_ cell: Cell) -> ScriptHooks {
    ScriptHooks(
      vm: vm, constitution: cell.experiment.constitution, evaluator: cell.experiment.evaluator)
  }

  // MARK: Run

  /// Runs what is not on record and measures everything.
  ///
  /// - Parameters:
  ///   - description: of the ablation.
  ///   - describing: of a run.
  ///   - observer: hears the runs.
  ///   - began: is told of each run before it starts: its arm and seed, its place
  ///     among all, and the id of the run on record that is taken in its place.
  public func run(
    as description: AblationRecord, describing: (Experiment) -> RunRecord,
    scripts: [ScriptText], observer: any RunObserver,
    began: (_ arm: String, _ seed: UInt64, _ index: Int, _ count: Int, _ known: String?) -> Void
  ) throws -> AblationRecord {
    let record = try store.begin(description)
    do {
      var runs: [RunOfArm] = []
      for (index, cell) in experiments.enumerated() {
        let known = try store.finishedRun(fingerprint: cell.fingerprint)
        began(cell.arm.name, cell.seed, index + 1, experiments.count, known?.id)
        let run =
          try known
          ?? {
            var description = describing(cell.experiment)
            description.ablation = record.id
            description.variant = cell.arm.name
            description.fingerprint = cell.fingerprint
            return try pipeline(cell, observer: observer).run(as: description, scripts: scripts)
          }()
        try store.insert([
          AblationRunRecord(
            ablationId: record.id, arm: cell.arm.name, seed: Int64(cell.seed), runId: run.id,
            isNew: known == nil)
        ])
        runs.append(RunOfArm(cell: cell, id: run.id))
      }
      let measurement = Measurement(
        ablation: ablation, id: record.id, runs: runs, hooks: hooks(experiments[0]),
        store: store, lanes: lanes)
      try measurement.record()
      return try store.finish(record, status: .finished)
    } catch {
      _ = try? store.finish(record, status: error is Cancelled ? .stopped : .failed)
      throw error
    }
  }
}

/// A run of an ablation that has finished.
struct RunOfArm {
  var cell: Ablate.Cell
  var id: String
  var arm: String { cell.arm.name }
}
