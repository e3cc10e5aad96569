import Constitution
import Foundation
import Inference
import KeyedRandom
import RunStore
import Statistics
import Training
import Transformer

/// Samples systems on held-out prompts, has the evaluator judge each answer,
/// and records means with intervals.
struct Evaluate {
  /// Judgements of one system's held-out answers, metric by metric.
  private struct Tally {
    /// Values by metric; one for each prompt (the mean over its samples).
    var values: [String: [Double]] = [:]
    /// Harm of the prompt's own category, by category.
    var byCategory: [String: [Double]] = [:]
  }

  /// Samples `system` and records its evaluation. Returns its answers to the
  /// held-out red-team prompts.
  ///
  /// - Parameter prompt: how a prompt is put to the model; as a user's turn when nil.
  @discardableResult
  func run(
    _ context: StageContext, system: String, engine: MemoisedEngine, temperature: Double? = nil,
    prompt: ((Prompt) throws -> [Int32])? = nil
  ) throws -> [Response] {
    let settings = context.settings.evaluate
    let temperature = temperature ?? settings.temperature
    let prompts = context.experiment.prompts
    func sample(_ prompts: [Prompt]) throws -> [Response] {
      try context.respond(
        to: prompts, draws: settings.samples, engine: engine, stage: "evaluate",
        temperature: temperature, limit: settings.maximumTokens, prompt: prompt)
    }
    let harmful = try sample(prompts.harmfulHeldOut)
    let helpful = try sample(prompts.helpfulHeldOut)
    context.counter.items += harmful.count + helpful.count
    var tally = try judge(harmful, .harmful, context, system)
    tally.values.merge(try judge(helpful, .helpful, context, system).values) { $1 }
    // One value a prompt, as for every metric: its samples are side by side.
    func perPrompt(_ value: (Response) -> Double) -> [Double] {
      stride(from: 0, to: harmful.count, by: settings.samples).map { first in
        harmful[first..<first + settings.samples].reduce(0) { $0 + value($1) }
          / Double(settings.samples)
      }
    }
    tally.values["entropy"] = perPrompt(\.meanSurprise)
    tally.values["length"] = perPrompt { Double($0.tokenCount) }
    try record(tally, system, context)
    return harmful
  }

  /// Judges texts that already exist, such as revisions of held-out answers.
  func record(_ responses: [Response], as system: String, _ context: StageContext) throws {
    context.counter.items += responses.count
    try record(judge(responses, .harmful, context, system), system, context)
  }

  /// Judges every round of revising `first`, each as a system of its own.
  func record(
    _ rounds: [[CritiqueAndRevise.Step]], of first: [Response], _ context: StageContext
  ) throws {
    for (index, steps) in rounds.enumerated() {
      let revised = zip(first, steps).map { response, step in
        var revised = response
        revised.text = step.revision
        revised.tokenCount = context.conversation.answer(step.revision).count
        revised.ended = step.ended
        return revised
      }
      try record(revised, as: "revision-\(index + 1)", context)
    }
  }

  /// Metrics that are asked of answers to ordinary prompts; all others are
  /// asked of answers to red-team prompts. A harmless answer to an ordinary
  /// prompt would otherwise water down the mean harm.
  private static let helpfulMetrics: Set = ["helpfulness", "over_refusal"]

  /// Has the evaluator judge every answer, records both, and sums up.
  private func judge(
    _ responses: [Response], _ set: PromptSet, _ context: StageContext, _ system: String
  ) throws -> Tally {
    let judgements = try responses.map { response in
      let judgement = try context.hooks.judge(response.prompt, response.text)
      return SampleJudgement(
        judgement.values.filter { Self.helpfulMetrics.contains($0.key) == (set == .helpful) },
        ownHarm: set == .harmful
          ? response.prompt.category.flatMap { category in
            judgement.byCategory.map { $0[category] ?? 0 }
          } : nil)
    }
    try context.record(
      responses, stage: "evaluate", system: system, set: set, judgements: judgements)

    // Means over each prompt's samples first: prompts are what is resampled.
    var sums: [String: [String: (sum: Double, n: Int)]] = [:]
    var order: [String] = []
    var categories: [String: String] = [:]
    var ownHarm: [String: (sum: Double, n: Int)] = [:]
    for (response, judgement) in zip(responses, judgements) {
      let id = response.prompt.id
      if sums[id] == nil { order.append(id) }
      sums[id, default: [:]].merge(judgement.judgement.mapValues { ($0, 1) }) {
        ($0.sum + $1.sum, $0.n + $1.n)
      }
      if let category = response.prompt.category, let harm = judgement.ownHarm {
        categories[id] = category
        let old = ownHarm[id] ?? (0, 0)
        ownHarm[id] = (old.sum + harm, old.n + 1)
      }
    }
    var tally = Tally()
    for id in order {
      for (metric, value) in sums[id] ?? [:] {
        tally.values[metric, default: []].append(value.sum / Double(value.n))
      }
      if let category = categories[id], let harm = ownHarm[id] {
        tally.byCategory[category, default: []].append(harm.sum / Double(harm.n))
      }
    }
    return tally
  }

  private func record(_ tally: Tally, _ system: String, _ context: StageContext) throws {
    let resamples = context.settings.evaluate.bootstrap
    func row(_ metric: String, _ category: String?, _ values: [Double]) -> EvaluationRecord? {
      guard !values.isEmpty else { return nil }
      let interval = bootstrapMean(
        values, resamples: resamples,
        key: context.key("bootstrap", "\(system)/\(metric)/\(category ?? "")"))
      return EvaluationRecord(
        runId: context.run.id, system: system, metric: metric, category: category,
        mean: interval.value, low: interval.low, high: interval.high, n: interval.count)
    }
    let rows =
      tally.values.sorted { $0.key < $1.key }.compactMap { row($0.key, nil, $0.value) }
      + tally.byCategory.sorted { $0.key < $1.key }.compactMap {
        row("harmfulness", $0.key, $0.value)
      }
    try context.store.insert(rows)
  }

  /// How often a preference model puts two answers in the evaluator's order.
  struct Agreement {
    /// Share of the pairs that the evaluator does not call a tie.
    var share: Double
    var pairs: Int
    var ties: Int
    /// The same among pairs whose judged `harmfulness` differs; nil without
    /// such pairs.
    var onHarm: (share: Double, pairs: Int)?
  }

  /// Measures agreement on pairs of held-out SL-CAI answers; nil when all are
  /// ties.
  func agreement(
    _ context: StageContext, policy: MemoisedEngine, preferenceModel: Model
  ) throws -> Agreement? {
    let pairs = try Compare().pairs(
      context.experiment.prompts.harmfulHeldOut, context, policy, set: .harmful,
      stage: "evaluate pairs")
    var decided: [(Compare.Pair, Bool)] = []
    for pair in pairs {
      switch try context.hooks.compareHarmlessness(
        pair.prompt, pair.a.text, pair.b.text, instruction: context.settings.label.instruction)
      {
      case .a: decided.append((pair, true))
      case .b: decided.append((pair, false))
      case .tie: break
      }
    }
    guard !decided.isEmpty else { return nil }
    let sequences = decided.flatMap { pair, _ in
      [pair.a, pair.b].map {
        context.conversation.prompt(pair.prompt.text) + context.conversation.answer($0.text)
      }
    }
    if let plan = context.plan {
      plan.addReading(tokens: sequences.reduce(0) { $0 + $1.count })
      return nil
    }
    let scores = try scores(preferenceModel, sequences, lanes: context.lanes)
    let prefersA = decided.indices.map { scores[2 * $0] > scores[2 * $0 + 1] }
    let right = zip(prefersA, decided).count { $0 == $1.1 }
    var onHarm: [Bool] = []
    for (prefersA, (pair, _)) in zip(prefersA, decided) {
      let harm = try [pair.a, pair.b].map {
        try context.hooks.judge(pair.prompt, $0.text).values["harmfulness"] ?? 0
      }
      if harm[0] != harm[1] { onHarm.append(prefersA == (harm[0] < harm[1])) }
    }
    return Agreement(
      share: Double(right) / Double(decided.count), pairs: decided.count,
      ties: pairs.count - decided.count,
      onHarm: onHarm.isEmpty
        ? nil : (Double(onHarm.count { $0 }) / Double(onHarm.count), onHarm.count))
  }

  /// The temperature at which `engine`'s held-out answers have mean entropy
  /// `target`, nats a token, by bisection; entropy rises with temperature.
  func temperature(
    matching target: Double, _ context: StageContext, engine: MemoisedEngine
  ) throws -> Double {
    let prompts = context.experiment.prompts.harmfulHeldOut
    var (low, high) = (0.05, 2.0)
    for _ in 0..<7 {
      let middle = (low + high) / 2
      let responses = try context.respond(
        to: prompts, draws: 1, engine: engine, stage: "match entropy",
        temperature: middle, limit: context.settings.evaluate.maximumTokens)
      let entropy = responses.map(\.meanSurprise).reduce(0, +) / Double(responses.count)
      if entropy < target { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
