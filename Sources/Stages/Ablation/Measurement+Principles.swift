import Constitution
import Foundation
import RunStore
import Statistics

extension Measurement {
  /// What each principle did in the training data. With the metric `agreement`: the
  /// share of a preference principle's votes that choose as the evaluator does.
  /// Otherwise: by how much a revision principle's revisions changed the metric.
  func principles(_ figure: Ablation.Figure) throws -> Drawn {
    let votes = figure.measure.metric == "agreement"
    var points: [Point] = []
    for arm in arms(figure) {
      // Rounds, orders and seeds of one prompt are not independent: prompts are what
      // is resampled.
      var sums: [String: [String: (sum: Double, n: Int)]] = [:]
      for run in runs(of: arm.name) {
        let measured = try votes ? agreements(run, figure.measure) : changes(run, figure.measure)
        for (principle, prompt, value) in measured {
          let old = sums[principle, default: [:]][prompt] ?? (0, 0)
          sums[principle, default: [:]][prompt] = (old.sum + value, old.n + 1)
        }
      }
      let values = sums.mapValues { prompts in
        prompts.sorted { $0.key < $1.key }.map { $0.value.sum / Double($0.value.n) }
      }
      for principle in values.keys.sorted() {
        points.append(
          Point(
            series: arm.name, label: principle,
            y: bootstrapMean(
              values[principle]!, resamples: ablation.bootstrap,
              key: key("\(figure.name)/\(arm.name)/\(principle)"))))
      }
    }
    return Drawn(
      kind: .bars, xLabel: "principle",
      yLabel: votes
        ? "votes that agree with the evaluator" : "change of \(figure.measure.metric) a revision",
      points: points)
  }

  /// The metric of every revision minus that of what it revised, by principle.
  private func changes(
    _ run: RunOfArm, _ measure: Ablation.Measure
  ) throws -> [(principle: String, prompt: String, value: Double)] {
    let prompts = Dictionary(
      uniqueKeysWithValues: run.cell.experiment.prompts.harmful.map { ($0.id, $0) })
    var current: [String: String] = [:]
    for sample in try store.samples(of: run.id, stage: "respond", system: "helpful-only") {
      current[sample.promptId] = sample.text
    }
    func judged(_ prompt: Prompt, _ text: String) throws -> Double {
      guard let value = try hooks.judge(prompt, text).values[measure.metric] else {
        throw StageError("the evaluator's judge gives no '\(measure.metric)'")
      }
      return value
    }
    var changes: [(String, String, Double)] = []
    for sample in try store.samples(of: run.id, stage: "revise", kind: .revision) {
      guard let prompt = prompts[sample.promptId], let before = current[sample.promptId],
        let principle = sample.principleId
      else { continue }
      changes.append(
        (principle, prompt.id, try judged(prompt, sample.text) - judged(prompt, before)))
      current[sample.promptId] = sample.text
    }
    return changes
  }

  /// Whether every vote chooses as the evaluator does, by principle; ties aside.
  private func agreements(
    _ run: RunOfArm, _ measure: Ablation.Measure
  ) throws -> [(principle: String, prompt: String, value: Double)] {
    let prompts = Dictionary(
      uniqueKeysWithValues: run.cell.experiment.prompts.harmful.map { ($0.id, $0) })
    var choices: [String: Double] = [:]
    for pair in try store.comparisons(of: run.id) where pair.promptSet == .harmful {
      guard let prompt = prompts[pair.promptId] else { continue }
      choices[pair.id] = try hooks.compareHarmlessness(
        prompt, pair.textA, pair.textB, instruction: measure.instruction
      ).probabilityA
    }
    return try store.votes(of: run.id).compactMap { vote in
      guard vote.parsed, let choice = choices[vote.comparisonId], choice != 0.5,
        let first = vote.logProbabilityA, let second = vote.logProbabilityB
      else { return nil }
      let choosesA = (first > second) == (vote.order == .ab)
      return (vote.principleId, vote.promptId, choosesA == (choice == 1) ? 1 : 0)
    }
  }
}
