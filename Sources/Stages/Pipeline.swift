public import Constitution
import Foundation
public import Inference
import LuaHost
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
    try plan(run, speed: speed, shared: PlannedWork())
  }

  /// The same, where what is in `shared` would be on record by then.
  func plan(_ run: RunRecord, speed: MachineSpeed, shared: PlannedWork) throws -> Plan {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-plan-\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let rows = try RunStore(directory: scratch)
    let context = try self.context(rows.begin(run), rows: rows, plan: PlanTally(shared: shared))
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

  /// How many stages a run has, for progress.
  private var stageCount: Int {
    let judge = experiment.stages.judge.items > 0 ? 1 : 0
    switch experiment.through {
    case .judge: return judge
    case .revise: return judge + 3
    case .finetune: return judge + (experiment.stages.finetune.rounds == 0 ? 3 : 4)
    case .ppo:
      let fineTunes = experiment.stages.finetune.rounds == 0 ? 0 : 1
      return judge + 7 + fineTunes + 3 * experiment.controls.compactMap(\.labelSource).count
    }
  }

  /// A system to evaluate.
  private struct System {
    var name: String
    var engine: MemoisedEngine
  }

  private func stages(
    _ context: StageContext, _ sequence: StageSequence
  ) throws -> PreferenceOutcome? {
    let through = experiment.through
    func engine(_ checkpoint: Checkpoint) -> MemoisedEngine { context.engine(checkpoint) }
    try recordStart(context)

    let base = engine(start)
    if context.settings.judge.items > 0 {
      try sequence.stage("judge", [base]) { try KnownAnswers().run(context, model: base) }
    }
    guard through >= .revise else { return nil }
    let responses = try sequence.stage("respond", [base]) {
      try Respond().run(context, model: base)
    }
    let revisions = try sequence.stage("revise", [base]) {
      try CritiqueAndRevise().run(context, model: base, responses: responses.harmful)
    }
    var systems = [System(name: "helpful-only", engine: base)]
    guard through >= .finetune else {
      _ = try sequence.stage("evaluate", [base]) { try evaluate(systems, context, base) }
      return nil
    }

    var supervised = start
    if context.settings.finetune.rounds != 0 {
      supervised = try sequence.stage("finetune") {
        try context.register("sl-cai") {
          try FineTune().run(
            context, start: start, revisions: revisions, helpful: responses.helpful)
        }
      }.checkpoint
      systems.append(System(name: "sl-cai", engine: engine(supervised)))
    }
    let policy = systems.last!.engine
    guard through >= .ppo else {
      _ = try sequence.stage("evaluate", [base, policy]) { try evaluate(systems, context, base) }
      return nil
    }
    let compared = try sequence.stage("compare", [policy, base]) {
      try Compare().run(context, policy: policy, feedback: base)
    }

    /// Labels, preference model and PPO: the part that a control repeats.
    /// Returns the preference model.
    func reinforced(_ source: Label.Source, suffix: String) throws -> TrainedModel {
      let labels = try sequence.stage("label\(suffix)") {
        try Label().run(context, compared: compared, source: source)
      }
      let preference = try sequence.stage("preference\(suffix)") {
        try context.register("preference-model\(suffix)") {
          try TrainPreference().run(
            context, start: start, labels: labels, name: "preference\(suffix)")
        }
      }
      var snapshots: [Reinforce.Snapshot] = []
      let policy = try sequence.stage("ppo\(suffix)") {
        try context.register("rl-cai\(suffix)") {
          let trained = try Reinforce().run(
            context, start: supervised, preference: preference.checkpoint, name: "ppo\(suffix)")
          snapshots = trained.snapshots
          return trained.final
        }
      }
      try context.store.insert(
        snapshots.map {
          RunArtifactRecord(
            runId: context.run.id, role: "rl-cai\(suffix)@\($0.iteration)",
            weightsHash: $0.model.checkpoint.weightsHash, sha256: $0.model.artifact)
        })
      systems += snapshots.map {
        System(name: "rl-cai\(suffix)@\($0.iteration)", engine: engine($0.model.checkpoint))
      }
      systems.append(System(name: "rl-cai\(suffix)", engine: engine(policy.checkpoint)))
      return preference
    }
    let preferenceModel = try reinforced(context.settings.label.source, suffix: "")
    for control in experiment.controls {
      guard let source = control.labelSource else { continue }
      _ = try reinforced(source, suffix: "-\(control.name)")
    }

    var preference: PreferenceOutcome?
    try sequence.stage("evaluate", systems.map(\.engine)) {
      let answers = try evaluate(systems, context, base)
      if experiment.controls.contains(.matchedEntropy), let final = answers["rl-cai"] {
        let evaluate = Evaluate()
        let target = final.map(\.meanSurprise).reduce(0, +) / Double(final.count)
        let temperature = try evaluate.temperature(matching: target, context, engine: policy)
        context.counter.figures["matched_temperature"] = temperature
        try evaluate.run(
          context, system: "sl-cai-matched-entropy", engine: policy, temperature: temperature)
      }
      preference = PreferenceOutcome(
        figures: sequence.figures["preference"] ?? [:],
        agreement: try agreement(context, policy, preferenceModel.checkpoint))
    }
    return preference
  }

  /// Evaluates every system, the rounds of revising the first one's answers, and
  /// the systems that need no training.
  ///
  /// - Returns: answers to held-out red-team prompts by system.
  @discardableResult
  private func evaluate(
    _ systems: [System], _ context: StageContext, _ base: MemoisedEngine
  ) throws -> [String: [Response]] {
    let evaluate = Evaluate()
    var answers: [String: [Response]] = [:]
    for (index, system) in systems.enumerated() {
      let responses = try evaluate.run(context, system: system.name, engine: system.engine)
      answers[system.name] = responses
      if context.settings.evaluate.greedy {
        try evaluate.run(
          context, system: "\(system.name) T=0", engine: system.engine, temperature: 0)
      }
      guard index == 0 else { continue }
      try evaluateRevisions(of: responses, evaluate, context, base)
      if experiment.controls.contains(.prompted) {
        try evaluate.run(
          context, system: "prompted", engine: base,
          prompt: { prompt in
            try context.questions.tokens(
              .prompted,
              ["prompt": prompt.text, "principles": context.principlesInProse],
              activity: Activity("evaluate prompted", nil, "prompt", prompt.id)
            ).all
          })
      }
    }
    return answers
  }

  /// How often the preference model puts two held-out answers in the evaluator's
  /// order; says so.
  private func agreement(
    _ context: StageContext, _ policy: MemoisedEngine, _ preferenceModel: Checkpoint
  ) throws -> Evaluate.Agreement? {
    guard
      let agreement = try Evaluate().agreement(
        context, policy: policy, preferenceModel: preferenceModel.model)
    else { return nil }
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
    return agreement
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
    case .matchedEntropy, .prompted: nil
    }
  }
}

extension StageContext {
  /// The principles as a reader is told them: the preference principles, one after
  /// another.
  fileprivate var principlesInProse: String {
    experiment.constitution.preferencePrinciples.map(\.text).joined(separator: " ")
  }

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
