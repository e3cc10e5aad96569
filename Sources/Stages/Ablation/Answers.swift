import Constitution
import Foundation
import KeyedRandom
import RunStore
import Statistics

/// The evaluated answers of the systems of finished runs, as tables of numbers.
final class Answers {
  /// One evaluated answer.
  struct Answer {
    var promptID: String
    var set: PromptSet
    var category: String?
    var text: String
    var tokenCount: Int
    var judged: SampleJudgement?
  }

  /// A number for each prompt, by seed; the same prompts in the same order in every
  /// seed.
  struct Table {
    var prompts: [String]
    var values: [[Double]]  // [seeds, prompts]
  }

  private let store: RunStore
  private let key: RandomKey
  /// Scores answers for `preference_score`; nil without `score_with`.
  private let scorer: ((_ seed: UInt64) throws -> Scorer)?
  private var known: [String: [Answer]] = [:]

  /// - Parameter key: of the draw that chooses prompts.
  init(
    store: RunStore, key: RandomKey, scorer: ((_ seed: UInt64) throws -> Scorer)?
  ) {
    self.store = store
    self.key = key
    self.scorer = scorer
  }

  /// The answers of a system in a run, in the order of the prompts.
  func answers(_ run: RunOfArm, _ system: String) throws -> [Answer] {
    let name = "\(run.id)/\(system)"
    if let answers = known[name] { return answers }
    let samples = try store.samples(of: run.id, stage: "evaluate", system: system)
    guard !samples.isEmpty else {
      let systems = try store.evaluations(of: run.id).map(\.system)
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      throw StageError(
        "arm '\(run.arm)', run \(run.id): no system is named '\(system)'; it has "
          + systems.joined(separator: ", "))
    }
    let answers = samples.map {
      Answer(
        promptID: $0.promptId, set: $0.promptSet, category: $0.category, text: $0.text,
        tokenCount: $0.tokenCount, judged: $0.judged)
    }
    known[name] = answers
    return answers
  }

  /// A metric of a system in the runs of one arm, by seed and prompt.
  func table(
    _ runs: [RunOfArm], _ system: String, _ measure: Ablation.Measure
  ) throws -> Table {
    if measure.metric == "diversity" { return try diversity(runs, system, measure) }
    let bySeed = try runs.map { run in
      try values(run, system, measure)
    }
    let prompts = bySeed[0].order.filter { prompt in
      bySeed.allSatisfy { $0.values[prompt] != nil }
    }
    guard !prompts.isEmpty else {
      throw StageError(
        "arm '\(runs[0].arm)', system '\(system)': no answer has the metric '\(measure.metric)'"
          + (measure.category.map { " in category '\($0)'" } ?? ""))
    }
    return Table(
      prompts: prompts, values: bySeed.map { seed in prompts.map { seed.values[$0]! } })
  }

  /// One value a prompt: the mean over its answers.
  private func values(
    _ run: RunOfArm, _ system: String, _ measure: Ablation.Measure
  ) throws -> (order: [String], values: [String: Double]) {
    let answers = try self.answers(run, system)
    let numbers = try numbers(answers, run, measure)
    let chosen = chosenPrompts(
      zip(answers, numbers).filter { $1 != nil }.map(\.0.promptID), measure.prompts)
    var order: [String] = []
    var sums: [String: (sum: Double, n: Int)] = [:]
    for (answer, number) in zip(answers, numbers) {
      guard let number, measure.category == nil || answer.category == measure.category,
        chosen?.contains(answer.promptID) != false
      else { continue }
      if sums[answer.promptID] == nil { order.append(answer.promptID) }
      let old = sums[answer.promptID] ?? (0, 0)
      sums[answer.promptID] = (old.sum + number, old.n + 1)
    }
    return (order, sums.mapValues { $0.sum / Double($0.n) })
  }

  /// The metric of every answer; nil where it is not asked.
  private func numbers(
    _ answers: [Answer], _ run: RunOfArm, _ measure: Ablation.Measure
  ) throws -> [Double?] {
    switch measure.metric {
    // Ordinary prompts may be about a kind of harm too.
    case "own_harm": return answers.map { $0.set == .harmful ? $0.judged?.ownHarm : nil }
    case "length": return answers.map { $0.set == .harmful ? Double($0.tokenCount) : nil }
    case "phrases":
      let phrases = Self.phrases(answers)
      return answers.map { $0.set == .harmful ? phrases.coverage(of: $0.text) : nil }
    case "preference_score":
      guard let scorer else {
        throw StageError(
          "the metric preference_score needs a preference model: set score_with to an arm that "
            + "trains one")
      }
      let harmful = answers.indices.filter { answers[$0].set == .harmful }
      let prompts = Dictionary(
        run.cell.experiment.prompts.harmfulHeldOut.map { ($0.id, $0.text) },
        uniquingKeysWith: { a, _ in a })
      let items = harmful.map { (prompts[answers[$0].promptID]!, answers[$0].text) }
      let scores = try scorer(run.cell.seed).scores(items)
      var numbers = [Double?](repeating: nil, count: answers.count)
      for (index, score) in zip(harmful, scores) { numbers[index] = score }
      return numbers
    default: return answers.map { $0.judged?.judgement[measure.metric] }
    }
  }

  /// Words of four in a row that a fifth of all red-team prompts get in answer: with
  /// six kinds of harm in equal parts, more than any one kind has.
  static func phrases(_ answers: [Answer]) -> FrequentPhrases {
    FrequentPhrases(
      texts: answers.filter { $0.set == .harmful }.map { ($0.promptID, $0.text) },
      length: 4, minimumShare: 0.2)
  }

  /// How different the first answers of different seeds to one prompt are: one minus
  /// the share of distinct word pairs that two of them have in common, mean over
  /// pairs of seeds.
  private func diversity(
    _ runs: [RunOfArm], _ system: String, _ measure: Ablation.Measure
  ) throws -> Table {
    guard runs.count > 1 else {
      throw StageError("the metric diversity compares seeds: give the ablation two or more")
    }
    let bySeed = try runs.map { run in
      Dictionary(
        try answers(run, system).filter { $0.set == .harmful }.map { ($0.promptID, $0.text) },
        uniquingKeysWith: { first, _ in first })
    }
    let first = try answers(runs[0], system)
    let chosen = chosenPrompts(
      first.filter { $0.set == .harmful }.map(\.promptID), measure.prompts)
    var prompts: [String] = []
    var values: [Double] = []
    for answer in first
    where answer.set == .harmful && prompts.last != answer.promptID
      && chosen?.contains(answer.promptID) != false
      && (measure.category == nil || answer.category == measure.category)
    {
      let texts = bySeed.compactMap { $0[answer.promptID] }
      guard texts.count == runs.count else { continue }
      prompts.append(answer.promptID)
      values.append(1 - selfSimilarity(texts, length: 2))
    }
    return Table(prompts: prompts, values: [values])
  }

  /// A random choice of `count` prompts: those whose keyed draws are least, the same
  /// for every system.
  private func chosenPrompts(_ ids: [String], _ count: Int?) -> Set<String>? {
    guard let count else { return nil }
    let drawn = Set(ids).map { id -> (Double, String) in
      var generator = RandomKey(seed: key.seed, stage: "chosen prompts", item: id).generator()
      return (generator.uniform(), id)
    }
    return Set(drawn.sorted { $0 < $1 }.prefix(count).map(\.1))
  }
}
