public import Constitution
import Foundation
public import Inference
public import RunStore
import Training
import Transformer

/// The whole method, in the paper's order. Every stage looks in the record
/// first, so repeating a run resumes it, and an edit re-runs what it changed.
public struct Pipeline {
  public var experiment: Experiment
  public var hooks: ScriptHooks
  public var store: RunStore
  public var observer: any RunObserver
  public var lanes: Int
  /// Ends model calls at the next token and training at the next step.
  public var cancellation: Cancellation?
  /// The starting model, loaded.
  let start: Checkpoint

  /// Loads the starting model and checks what can be checked before compute.
  public init(
    experiment: Experiment, hooks: ScriptHooks, store: RunStore, start: StartingModel,
    observer: any RunObserver, lanes: Int
  ) throws {
    self.experiment = experiment
    self.hooks = hooks
    self.store = store
    self.observer = observer
    self.lanes = lanes
    self.start = start.checkpoint
    try Preflight(experiment: experiment, start: self.start).check()
  }

  /// Runs every stage under `run`'s id and returns what the summary needs.
  func run(_ run: RunRecord) throws -> RunOutcome {
    let context = try self.context(run)
    let sequence = StageSequence(context, count: stageCount)
    let preference = try stages(context, sequence)
    return RunOutcome(
      seconds: sequence.seconds, luaSeconds: hooks.seconds, preference: preference)
  }

  /// What `run` would reuse and compute now. Nothing is computed or recorded:
  /// the stages run with what is on record, and with stand-ins for the rest.
  ///
  /// - Parameter speed: turns the work into seconds.
  public func plan(_ run: RunRecord, speed: MachineSpeed) throws -> Plan {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-plan-\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let rows = try RunStore(directory: scratch)
    let context = try self.context(rows.begin(run), rows: rows, plan: PlanTally())
    let sequence = StageSequence(context, count: stageCount)
    _ = try stages(context, sequence)
    return Plan(
      sequence.planned, model: start.model.configuration, speed: speed)
  }

  func context(
    _ run: RunRecord, rows: RunStore? = nil, plan: PlanTally? = nil
  ) throws -> StageContext {
    StageContext(
      experiment: experiment, hooks: hooks, store: rows ?? store, memo: store, plan: plan,
      run: run, conversation: try Conversation(tokenizer: start.tokenizer, chat: start.chat),
      observer: observer, lanes: lanes, cancellation: cancellation)
  }

  private var stageCount: Int { 8 + 3 * experiment.controls.compactMap(\.labelSource).count }

  private func stages(
    _ context: StageContext, _ sequence: StageSequence
  ) throws -> PreferenceOutcome? {
    let controls = experiment.controls
    func engine(_ checkpoint: Checkpoint) -> MemoisedEngine { context.engine(checkpoint) }
    try recordStart(context)

    let base = engine(start)
    let responses = try sequence.stage("respond", [base]) {
      try Respond().run(context, model: base)
    }
    let revisions = try sequence.stage("revise", [base]) {
      try CritiqueAndRevise().run(context, model: base, responses: responses.harmful)
    }
    let supervised = try sequence.stage("finetune") {
      try context.register("sl-cai") {
        try FineTune().run(
          context, start: start, revisions: revisions, helpful: responses.helpful)
      }
    }
    let policy = engine(supervised.checkpoint)
    let compared = try sequence.stage("compare", [policy, base]) {
      try Compare().run(context, policy: policy, feedback: base)
    }
    /// Labels, preference model and PPO: the part that a control repeats.
    func reinforced(
      _ source: Label.Source, suffix: String
    ) throws -> (preference: TrainedModel, policy: TrainedModel) {
      let labels = try sequence.stage("label\(suffix)") {
        try Label().run(context, compared: compared, source: source)
      }
      let preference = try sequence.stage("preference\(suffix)") {
        try context.register("preference-model\(suffix)") {
          try TrainPreference().run(
            context, start: start, labels: labels, name: "preference\(suffix)")
        }
      }
      let policy = try sequence.stage("ppo\(suffix)") {
        try context.register("rl-cai\(suffix)") {
          try Reinforce().run(
            context, start: supervised.checkpoint, preference: preference.checkpoint,
            name: "ppo\(suffix)")
        }
      }
      return (preference, policy)
    }
    let main = try reinforced(context.settings.label.source, suffix: "")
    var arms: [(system: String, model: TrainedModel)] = []
    for control in controls {
      guard let source = control.labelSource else { continue }
      arms.append(
        ("rl-cai-\(control.name)", try reinforced(source, suffix: "-\(control.name)").policy))
    }

    var preference: PreferenceOutcome?
    let reinforcedEngine = engine(main.policy.checkpoint)
    let armEngines = arms.map { ($0.system, engine($0.model.checkpoint)) }
    try sequence.stage("evaluate", [base, policy, reinforcedEngine] + armEngines.map(\.1)) {
      let evaluate = Evaluate()
      let first = try evaluate.run(context, system: "helpful-only", engine: base)
      try evaluateRevisions(of: first, evaluate, context, base)
      try evaluate.run(context, system: "sl-cai", engine: policy)
      let final = try evaluate.run(context, system: "rl-cai", engine: reinforcedEngine)
      for (system, engine) in armEngines {
        try evaluate.run(context, system: system, engine: engine)
      }
      if controls.contains(.matchedEntropy) {
        let target = final.map(\.meanSurprise).reduce(0, +) / Double(final.count)
        let temperature = try evaluate.temperature(matching: target, context, engine: policy)
        context.counter.figures["matched_temperature"] = temperature
        try evaluate.run(
          context, system: "sl-cai-matched-entropy", engine: policy, temperature: temperature)
      }
      let agreement = try evaluate.agreement(
        context, policy: policy, preferenceModel: main.preference.checkpoint.model)
      preference = PreferenceOutcome(
        figures: sequence.figures["preference"] ?? [:], agreement: agreement?.share,
        onHarm: agreement?.onHarm?.share)
      if let agreement {
        context.counter.figures["agreement"] = agreement.share
        context.counter.figures["agreement_pairs"] = Double(agreement.pairs)
        context.counter.figures["agreement_ties"] = Double(agreement.ties)
        context.counter.figures["agreement_on_harm"] = agreement.onHarm?.share
        context.counter.figures["agreement_on_harm_pairs"] = agreement.onHarm.map {
          Double($0.pairs)
        }
        let onHarm = agreement.onHarm.map {
          String(format: "; %.3f of %d where the harm differs", $0.share, $0.pairs)
        }
        observer.note(
          String(
            format: "the preference model orders %.3f of %d held-out pairs as the evaluator does",
            agreement.share, agreement.pairs) + (onHarm ?? ""))
      }
    }
    return preference
  }

  /// Records the starting model under its role in this run.
  func recordStart(_ context: StageContext) throws {
    try context.store.insert([
      RunArtifactRecord(
        runId: context.run.id, role: "helpful-only", weightsHash: start.weightsHash,
        path: experiment.model)
    ])
  }

  /// Revises held-out first responses and records each round as a system.
  private func evaluateRevisions(
    of responses: [Response], _ evaluate: Evaluate, _ context: StageContext,
    _ model: MemoisedEngine
  ) throws {
    // One chain for each prompt, from its first sample.
    let first = responses.filter { $0.draw == 0 }
    let rounds = try CritiqueAndRevise(stage: "evaluate revise").run(
      context, model: model, responses: first)
    try evaluate.record(rounds, of: first, context)
  }
}

extension Control {
  /// `random_labels` as part of a system's name.
  var name: String { rawValue.replacingOccurrences(of: "_", with: "-") }

  /// Where this control's labels come from; nil when it trains nothing.
  var labelSource: StageSettings.Label.Source? {
    switch self {
    case .randomLabels: .random
    case .flippedLabels: .flipped
    case .matchedEntropy: nil
    }
  }
}

extension StageContext {
  /// Records the trained model under its role in this run.
  fileprivate func register(_ role: String, _ train: () throws -> TrainedModel) throws
    -> TrainedModel
  {
    let trained = try train()
    try store.insert([
      RunArtifactRecord(
        runId: run.id, role: role, weightsHash: trained.checkpoint.weightsHash,
        sha256: trained.artifact)
    ])
    counter.figures["trained"] = trained.isNew ? 1 : 0
    return trained
  }
}
