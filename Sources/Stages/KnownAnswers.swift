import Constitution
import KeyedRandom
import LuaHost
import RunStore
import Statistics

/// Measures the feedback model on comparisons with known answers: asked directly,
/// after reasoning, and after several sampled reasonings whose choices are
/// averaged. Every question is put in both orders.
struct KnownAnswers {
  /// A way to ask.
  private struct Mode {
    var system: String
    var settings: StageSettings.Compare
    var draws = 1
  }

  func run(_ context: StageContext, model: MemoisedEngine) throws {
    for (kind, draw) in context.experiment.evaluator.judgements {
      let items = try (0..<context.settings.judge.items).map { index in
        try context.hooks.drawJudgement(
          draw, kind: kind, key: context.key("judge \(kind)", "\(index)"))
      }
      for mode in modes(context) {
        try measure(mode, kind, items, context, model)
      }
      context.counter.items += items.count
    }
  }

  private func modes(_ context: StageContext) -> [Mode] {
    var settings = context.settings.compare
    settings.chainOfThought = false
    var modes = [Mode(system: "judge direct", settings: settings)]
    guard context.experiment.constitution.templates[.compareReason] != nil else { return modes }
    settings.chainOfThought = true
    settings.reasoningTemperature = 0
    modes.append(Mode(system: "judge reasoning", settings: settings))
    let samples = context.settings.judge.samples
    if samples > 0 {
      settings.reasoningTemperature = 1
      modes.append(
        Mode(system: "judge reasoning x\(samples)", settings: settings, draws: samples))
    }
    return modes
  }

  private func measure(
    _ mode: Mode, _ kind: String, _ items: [ProbeSuite.JudgementItem], _ context: StageContext,
    _ model: MemoisedEngine
  ) throws {
    let asked = items.enumerated().flatMap { index, item in
      (0..<mode.draws).map { draw in
        Judge.Item(
          prompt: item.prompt, a: item.a, b: item.b,
          principle: PreferencePrinciple(id: "judge", text: item.instruction),
          label: "\(kind)/\(index)/\(draw)", activity: Activity("judge", nil, kind, "\(index)"))
      }
    }
    let judge = Judge(questions: context.questions, model: model, settings: mode.settings)
    let votes = try judge.votes(
      asked, key: { context.key(mode.system, $0) }, progress: context.progress)
    var right: [Double] = []
    var rows: [SampleRecord] = []
    for (index, item) in items.enumerated() {
      let own = votes[index * mode.draws..<(index + 1) * mode.draws]
      let sum = own.reduce(0.0) { $0 + $1.ab.probabilityA + $1.ba.probabilityA }
      let probability = sum / Double(2 * mode.draws)
      right.append((probability > 0.5) == item.expectsA ? 1 : 0)
      rows.append(
        SampleRecord(
          runId: context.run.id, stage: "evaluate", system: mode.system,
          promptId: "judge-\(kind)-\(index)",
          promptText: "\(item.instruction)\n\(item.prompt)\nA: \(item.a)\nB: \(item.b)",
          promptSet: .harmful, category: kind, kind: .reasoning,
          text: own.first?.ab.reasoning ?? "", finish: "end",
          detail: try SampleJudgement([
            "right": right[index], "probability": probability,
            "expected": item.expectsA ? 1 : 0,
          ]).json()))
    }
    try context.store.insert(rows)
    let interval = bootstrapMean(
      right, resamples: context.settings.evaluate.bootstrap,
      key: context.key("bootstrap", "\(mode.system)/\(kind)"))
    try context.store.insert([
      EvaluationRecord(
        runId: context.run.id, system: mode.system, metric: "right", category: kind,
        mean: interval.value, low: interval.low, high: interval.high, n: interval.count)
    ])
  }
}
