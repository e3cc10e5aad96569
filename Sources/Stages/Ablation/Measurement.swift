import Constitution
import Foundation
import KeyedRandom
import RunStore
import Statistics
import Transformer

/// What an ablation draws and decides from its finished runs.
struct Measurement {
  let ablation: Ablation
  let id: String
  let runs: [RunOfArm]
  let hooks: ScriptHooks
  let store: RunStore
  let answers: Answers

  init(
    ablation: Ablation, id: String, runs: [RunOfArm], hooks: ScriptHooks, store: RunStore,
    lanes: Int
  ) {
    self.ablation = ablation
    self.id = id
    self.runs = runs
    self.hooks = hooks
    self.store = store
    var scorers: [UInt64: Scorer] = [:]
    answers = Answers(
      store: store, key: RandomKey(seed: ablation.seeds[0], stage: "ablation", item: "prompts"),
      scorer: ablation.scoreWith.map { arm in
        { seed in
          if let scorer = scorers[seed] { return scorer }
          let scorer = try Self.scorer(
            runs.first { $0.arm == arm && $0.cell.seed == seed }!, store, lanes)
          scorers[seed] = scorer
          return scorer
        }
      })
  }

  private static func scorer(
    _ run: RunOfArm, _ store: RunStore, _ lanes: Int
  ) throws -> Scorer {
    let artifact = try store.artifacts(of: run.id).first { $0.role == "preference-model" }
    guard let directory = artifact?.sha256.flatMap({ store.artifactURL($0) }) else {
      throw StageError(
        "score_with = '\(run.arm)': run \(run.id) has no preference model on disk; the arm must go "
          + "through ppo")
    }
    return try Scorer(directory, precision: run.cell.experiment.precision, lanes: lanes)
  }

  /// Computes every figure and finding and records them. One that cannot be computed
  /// is told of at the end, when all others are on record.
  func record() throws {
    var findings: [FindingRecord] = []
    var failures: [any Error] = []
    func attempt<Value>(_ body: () throws -> Value) -> Value? {
      do { return try body() } catch {
        failures.append(error)
        return nil
      }
    }
    for figure in ablation.figures {
      guard let drawn = attempt({ try draw(figure) }) else { continue }
      let record = FigureRecord(
        ablationId: id, name: figure.name, kind: drawn.kind, title: figure.title,
        note: [figure.note, drawn.note].filter { !$0.isEmpty }.joined(separator: " "),
        xLabel: figure.xLabel.isEmpty ? drawn.xLabel : figure.xLabel,
        yLabel: figure.yLabel.isEmpty ? drawn.yLabel : figure.yLabel)
      try store.insert(
        record,
        try drawn.points.enumerated().map { position, point in
          FigurePointRecord(
            ablationId: id, figure: figure.name, position: position, series: point.series,
            label: point.label, x: point.x, xLow: point.horizontal?.low,
            xHigh: point.horizontal?.high, y: point.y.value, low: point.y.low, high: point.y.high,
            n: point.y.count, sources: try sources(point))
        })
      findings += drawn.findings
    }
    for claim in ablation.claims {
      if let finding = attempt({ try finding(claim) }) { findings.append(finding) }
    }
    for index in findings.indices {
      findings[index].ablationId = id
      findings[index].position = index
    }
    try store.insert(findings)
    if let first = failures.first {
      throw StageError(
        "\(first)"
          + (failures.count > 1 ? "; \(failures.count - 1) more figures or claims failed" : "")
          + " — the runs and the other figures are on record")
    }
  }

  // MARK: Shared by figures and claims

  /// A figure as it is measured.
  struct Drawn {
    var kind: FigureKind
    var xLabel = ""
    var yLabel: String
    var points: [Point]
    var findings: [FindingRecord] = []
    /// What the reader must know besides the figure's own note.
    var note = ""
  }

  struct Point {
    var series: String
    var label: String
    var x: Double?
    /// The interval of `x`, where that is measured too.
    var horizontal: Estimate?
    var y: Estimate
    /// The systems whose answers are behind it.
    var systems: [Ablation.System] = []
  }

  private func draw(_ figure: Ablation.Figure) throws -> Drawn {
    switch figure.plot {
    case .metric: try metric(figure)
    case .elo: try elo(figure)
    case .categories: try categories(figure)
    case .calibration: try calibration(figure)
    case .agreement: try agreement(figure)
    case .principles: try principles(figure)
    }
  }

  func key(_ name: String) -> RandomKey {
    RandomKey(seed: ablation.seeds[0], stage: "ablation", item: name)
  }

  /// The runs of an arm, one for each seed.
  func runs(of arm: String) -> [RunOfArm] { runs.filter { $0.arm == arm } }

  /// The settings of an arm's stages, the same under every seed.
  func settings(of arm: Ablation.Arm) -> StageSettings {
    runs(of: arm.name)[0].cell.experiment.stages
  }

  func arms(_ figure: Ablation.Figure) -> [Ablation.Arm] {
    ablation.arms.filter { figure.arms.contains($0.name) }
  }

  /// Mean over seeds and prompts with its interval.
  func estimate(
    _ system: Ablation.System, _ measure: Ablation.Measure, _ name: String
  ) throws -> Estimate {
    let table = try answers.table(runs(of: system.arm), system.system, measure)
    return bootstrapMean(
      bySeed: table.values, resamples: ablation.bootstrap, key: key("\(name)/\(system)"))
  }

  /// Iterations of PPO, with the system that has them behind it; starts with what
  /// PPO started from. The last is the policy that PPO returned, at the mean over
  /// seeds of the iteration it was taken after.
  func iterations(_ arm: Ablation.Arm) throws -> [(iteration: Double, system: String)] {
    let start = settings(of: arm).finetune.rounds == 0 ? "helpful-only" : "sl-cai"
    // A training that stopped early has fewer snapshots: those of every seed count.
    let bySeed = try runs(of: arm.name).map { run in
      Set(
        try store.artifacts(of: run.id).compactMap { artifact -> Int? in
          let parts = artifact.role.split(separator: "@")
          guard parts.count == 2, parts[0] == "rl-cai" else { return nil }
          return Int(parts[1])
        })
    }
    let common = bySeed.dropFirst().reduce(bySeed[0]) { $0.intersection($1) }
    let returned = try runs(of: arm.name).compactMap {
      try ppoFigures($0)["returned_iteration"]
    }
    guard !returned.isEmpty else {
      throw StageError("arm '\(arm.name)' has no PPO on record; let it go through ppo")
    }
    return [(0, start)] + common.sorted().map { (Double($0), "rl-cai@\($0)") }
      + [(returned.reduce(0, +) / Double(returned.count), "rl-cai")]
  }

  /// What the stage of PPO left as figures.
  func ppoFigures(_ run: RunOfArm) throws -> [String: Double] {
    try store.stages(of: run.id).first { $0.name == "ppo" }?.counted?.figures ?? [:]
  }

  private func sources(_ point: Point) throws -> String {
    struct Source: Encodable {
      var run: String
      var system: String
    }
    let sources = point.systems.flatMap { system in
      runs(of: system.arm).map { Source(run: $0.id, system: system.system) }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(sources), as: UTF8.self)
  }
}
