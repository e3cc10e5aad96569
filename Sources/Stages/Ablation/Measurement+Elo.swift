import Constitution
import Foundation
import KeyedRandom
import RunStore
import Statistics

extension Measurement {
  /// Helpfulness against harmlessness in Elo points, from the evaluator's choices
  /// between the answers of every two systems to the same held-out prompt.
  func elo(_ figure: Ablation.Figure) throws -> Drawn {
    let all = arms(figure)
    let first = Ablation.System(arm: all[0].name, system: "helpful-only")
    let model = try startingModel(all[0])
    let curves = try all.map { arm in
      let names = figure.systems.isEmpty ? try iterations(arm).map(\.system) : figure.systems
      let isFirst = try startingModel(arm) == model
      return (
        arm,
        names.map { name in
          // The starting model is one contender, whichever arm's curve begins with it.
          isFirst && name == first.system
            ? first : Ablation.System(arm: arm.name, system: name)
        }
      )
    }
    var contenders = [first]
    for system in curves.flatMap(\.1) where !contenders.contains(system) {
      contenders.append(system)
    }
    let harmless = try ratings(contenders, .harmful, figure)
    let helpful = try ratings(contenders, .helpful, figure)
    func point(_ series: String, _ system: Ablation.System) -> Point {
      let index = contenders.firstIndex(of: system)!
      return Point(
        series: series, label: system.system, x: helpful[index].value,
        horizontal: helpful[index], y: harmless[index], systems: [system])
    }
    return Drawn(
      kind: .scatter, xLabel: "helpfulness, Elo", yLabel: "harmlessness, Elo",
      points: [point("helpful-only", first)]
        + curves.flatMap { arm, systems in systems.map { point(arm.name, $0) } })
  }

  private func startingModel(_ arm: Ablation.Arm) throws -> String {
    try ablation.experiment(arm, seed: ablation.seeds[0]).model
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
