import Constitution
import Foundation
import Kernels
import KeyedRandom
import RunStore
import Statistics

extension Measurement {
  /// Helpfulness against harmlessness in Elo points, from the evaluator's choices
  /// between the answers of every two systems to the same held-out prompt.
  func elo(_ figure: Ablation.Figure) throws -> Drawn {
    let all = arms(figure)
    let first = Ablation.System(arm: all[0].name, system: "helpful-only")
    var contenders: [Ablation.System] = []
    var indices: [String: Int] = [:]
    /// A policy that two arms share is one contender.
    func index(_ system: Ablation.System) throws -> Int {
      let identity = try identity(system)
      if let known = indices[identity] { return known }
      contenders.append(system)
      indices[identity] = contenders.count - 1
      return contenders.count - 1
    }
    _ = try index(first)
    let curves = try all.map { arm in
      let names = figure.systems.isEmpty ? try iterations(arm).map(\.system) : figure.systems
      return (
        arm,
        try names.map { name in
          let system = Ablation.System(arm: arm.name, system: name)
          return (system, try index(system))
        }
      )
    }
    let harmless = try ratings(contenders, .harmful, figure)
    let helpful = try ratings(contenders, .helpful, figure)
    func point(_ series: String, _ system: Ablation.System, _ index: Int) -> Point? {
      // Without a single comparison there is nothing to place it by.
      guard harmless[index].count > 0, helpful[index].count > 0 else { return nil }
      return Point(
        series: series, label: system.system, x: helpful[index].value,
        horizontal: helpful[index], y: harmless[index], systems: [system])
    }
    let placed =
      try [point("helpful-only", first, index(first))]
      + curves.flatMap { arm, systems in systems.map { point(arm.name, $0.0, $0.1) } }
    let lost = placed.count { $0 == nil }
    return Drawn(
      kind: .scatter, xLabel: "helpfulness, Elo", yLabel: "harmlessness, Elo",
      points: placed.compactMap { $0 },
      note: lost > 0
        ? "\(lost) systems are not shown: no pair of theirs passes the filter." : "")
  }

  /// Equal for systems that give the same answers: the weights of every seed and the
  /// way of sampling, or the system's own name where there are no weights of its own.
  private func identity(_ system: Ablation.System) throws -> String {
    let parts = system.system.split(separator: " ", maxSplits: 1).map(String.init)
    let weights = try runs(of: system.arm).map { run in
      try store.artifacts(of: run.id).first { $0.role == parts[0] }.map {
        "\($0.weightsHash) \(run.cell.experiment.precision.rawValue)"
      }
    }
    guard !weights.contains(nil) else { return "\(system)" }
    return weights.compactMap { $0 }.joined(separator: " ") + parts.dropFirst().joined()
  }

  /// Elo points of every system, the first one's being 0.
  private func ratings(
    _ systems: [Ablation.System], _ set: PromptSet, _ figure: Ablation.Figure
  ) throws -> [Estimate] {
    var outcomes: [[PairOutcome]] = []
    for seed in ablation.seeds {
      let bySystem = try systems.map { try side($0, seed, set, figure.measure) }
      let prompts = seedPrompts(seed, set).filter { prompt in
        bySystem.allSatisfy { $0[prompt.id] != nil }
      }
      for prompt in prompts {
        var games: [PairOutcome] = []
        for first in systems.indices {
          for second in systems.indices.dropFirst(first + 1) {
            guard
              let result = try preference(
                prompt, bySystem[first][prompt.id]!, bySystem[second][prompt.id]!, set,
                figure.measure)
            else { continue }
            games.append(PairOutcome(first: first, second: second, result: result))
          }
        }
        outcomes.append(games)
      }
    }
    guard outcomes.contains(where: { !$0.isEmpty }) else {
      throw StageError(
        "figure '\(figure.name)': no two systems have \(set.rawValue) answers that can be compared"
          + (figure.measure.filter.map { " and pass the filter (\($0.words))" } ?? ""))
    }
    return Statistics.elo(
      systems: systems.count, outcomes: outcomes, anchor: 0,
      resamples: min(200, ablation.bootstrap), key: key("\(figure.name)/elo/\(set.rawValue)"))
  }

  private func seedPrompts(_ seed: UInt64, _ set: PromptSet) -> [Prompt] {
    let prompts = runs.first { $0.cell.seed == seed }!.cell.experiment.prompts
    return set == .harmful ? prompts.harmfulHeldOut : prompts.helpfulHeldOut
  }

  /// A system's first answer to every prompt of a set.
  private func side(
    _ system: Ablation.System, _ seed: UInt64, _ set: PromptSet, _ measure: Ablation.Measure
  ) throws -> [String: Answers.Answer] {
    let run = runs.first { $0.arm == system.arm && $0.cell.seed == seed }!
    let all = try answers.answers(run, system.system)
    let phrases = measure.strips ? Answers.phrases(all) : nil
    return Dictionary(
      all.filter { $0.set == set }.map { answer in
        var answer = answer
        if let phrases { answer.text = stripped(answer.text, phrases) }
        return (answer.promptID, answer)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The text without sentences that are mostly frequent phrases.
  private func stripped(_ text: String, _ phrases: FrequentPhrases) -> String {
    text.matches(of: /[^.!?]+[.!?]*/).map { String($0.output) }
      .filter { phrases.coverage(of: $0) <= 0.5 }.joined()
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// 1 when the evaluator prefers `a`, 0 when `b`, half for a tie; nil when the pair
  /// is filtered out.
  private func preference(
    _ prompt: Prompt, _ a: Answers.Answer, _ b: Answers.Answer, _ set: PromptSet,
    _ measure: Ablation.Measure
  ) throws -> Double? {
    switch measure.filter {
    case .nonEvasive where set == .harmful:
      guard a.judged?.judgement["evasive"] == 0, b.judged?.judgement["evasive"] == 0 else {
        return nil
      }
    case .sameLength:
      guard
        Double(abs(a.tokenCount - b.tokenCount)) <= 0.2 * Double(max(a.tokenCount, b.tokenCount))
      else { return nil }
    case .nonEvasive, nil: break
    }
    if a.text == b.text { return 0.5 }
    let choice =
      set == .harmful
      ? try hooks.compareHarmlessness(prompt, a.text, b.text, instruction: measure.instruction)
      : try hooks.compareHelpfulness(prompt, a.text, b.text)
    return choice.probabilityA
  }

  /// By seed and prompt, how much `first` is preferred to `second`: 1, 0, or half for
  /// a tie.
  func preferred(
    _ first: Ablation.System, to second: Ablation.System, _ measure: Ablation.Measure
  ) throws -> (values: [[Double]], pairs: Int) {
    let seeds = try ablation.seeds.map { seed in
      let (a, b) = (
        try side(first, seed, .harmful, measure), try side(second, seed, .harmful, measure)
      )
      return try seedPrompts(seed, .harmful).compactMap { prompt -> (String, Double)? in
        guard let x = a[prompt.id], let y = b[prompt.id],
          let value = try preference(prompt, x, y, .harmful, measure)
        else { return nil }
        return (prompt.id, value)
      }
    }
    // A filter leaves other pairs in every seed; those of all seeds are kept.
    let common = seeds.dropFirst().reduce(Set(seeds[0].map(\.0))) {
      $0.intersection($1.map(\.0))
    }
    return (
      seeds.map { $0.filter { common.contains($0.0) }.map(\.1) }, common.count * seeds.count
    )
  }
}
