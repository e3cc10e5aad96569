internal import Foundation
internal import RunStore

/// Transcripts of one kind from one run: a system's evaluated answers, the rounds
/// of critique and revision of a stage, or pairs with their votes.
struct TranscriptPool {
  struct Part {
    var title: String
    var text: String
  }

  struct Item {
    var promptId: String
    var prompt: String
    var set: PromptSet
    var category: String
    var principles: [String]
    var parts: [Part]
  }

  var run: String
  /// Of the run, for people.
  var runName: String
  var stage: String
  /// Nil where the texts belong to no system.
  var system: String?
  /// Those shown.
  var items: [Item] = []
  /// Those on record.
  var total = 0

  /// Of `identifiers`, at most `count`, evenly spread.
  static func spread(_ identifiers: [String], _ count: Int) -> Set<String> {
    guard identifiers.count > count, count > 0 else {
      return Set(count > 0 ? identifiers : [])
    }
    return Set((0..<count).map { identifiers[$0 * identifiers.count / count] })
  }
}

/// Reads a run's transcripts.
struct TranscriptReader {
  let run: RunRecord
  /// Prompts shown of each pool.
  let cap: Int
  private let samples: [SampleRecord]
  private let comparisons: [ComparisonRecord]
  private let votes: [String: [VoteRecord]]

  init(_ store: RunStore, _ run: RunRecord, cap: Int) throws(StoreError) {
    self.run = run
    self.cap = cap
    samples = try store.samples(of: run.id)
    comparisons = try store.comparisons(of: run.id)
    votes = Dictionary(grouping: try store.votes(of: run.id), by: \.comparisonId)
  }

  /// The systems whose evaluated answers are on record, in their order.
  var systems: [String] {
    unique(samples.filter { $0.stage == "evaluate" }.compactMap(\.system))
  }

  /// What `system` answered when it was evaluated. A revision comes with the
  /// rounds that led to it.
  func answers(of system: String) -> TranscriptPool {
    let rounds = chains(stage: "evaluate revise")
    let last = system.hasPrefix("revision-") ? Int(system.dropFirst("revision-".count)) ?? 0 : 0
    let own = samples.filter {
      $0.stage == "evaluate" && $0.system == system && $0.kind == .response
    }
    let chosen = TranscriptPool.spread(unique(own.map(\.promptId)), cap)
    var pool = TranscriptPool(
      run: run.id, runName: runName, stage: "evaluate", system: system, total: own.count)
    pool.items = own.filter { chosen.contains($0.promptId) }.map { sample in
      let steps = (rounds[sample.promptId] ?? []).filter { $0.round <= last }
      var title = "answer of \(system)"
      if let judgement = TranscriptReader.judgement(sample.detail) { title += " (\(judgement))" }
      return TranscriptPool.Item(
        promptId: sample.promptId, prompt: sample.promptText ?? "", set: sample.promptSet,
        category: sample.category ?? "", principles: unique(steps.compactMap(\.principleId)),
        parts: [.init(title: title, text: sample.text)] + steps.map(TranscriptReader.part))
    }
    return pool
  }

  /// The rounds of critique and revision of one stage, a prompt an item.
  func revisions(stage: String) -> TranscriptPool? {
    let chains = chains(stage: stage)
    let order = unique(
      samples.filter { $0.stage == stage && $0.round > 0 }.map(\.promptId))
    guard !order.isEmpty else { return nil }
    let chosen = TranscriptPool.spread(order, cap)
    let first = Dictionary(
      samples.filter { $0.kind == .response && $0.round == 0 }.map { ($0.promptId, $0) },
      uniquingKeysWith: { first, _ in first })
    var pool = TranscriptPool(
      run: run.id, runName: runName, stage: stage, system: nil, total: order.count)
    pool.items = order.filter(chosen.contains).compactMap { prompt in
      guard let steps = chains[prompt], let step = steps.first else { return nil }
      let origin = first[prompt].map { [TranscriptPool.Part(title: "first answer", text: $0.text)] }
      return TranscriptPool.Item(
        promptId: prompt, prompt: step.promptText ?? first[prompt]?.promptText ?? "",
        set: step.promptSet, category: step.category ?? first[prompt]?.category ?? "",
        principles: unique(steps.compactMap(\.principleId)),
        parts: (origin ?? []) + steps.map(TranscriptReader.part))
    }
    return pool
  }

  /// Pairs of answers with their votes and label.
  func pairs() -> TranscriptPool? {
    guard !comparisons.isEmpty else { return nil }
    let chosen = TranscriptPool.spread(unique(comparisons.map(\.id)), cap)
    let prompts = Dictionary(
      samples.map { ($0.promptId, $0) }, uniquingKeysWith: { first, _ in first })
    var pool = TranscriptPool(
      run: run.id, runName: runName, stage: "compare", system: nil, total: comparisons.count)
    pool.items = comparisons.filter { chosen.contains($0.id) }.map { pair in
      let votes = votes[pair.id] ?? []
      let label = pair.label.map { "P(A is better) = \(Formatting.number($0))" }
      var parts = [
        TranscriptPool.Part(title: "answer A", text: pair.textA),
        TranscriptPool.Part(title: "answer B", text: pair.textB),
        TranscriptPool.Part(title: "label", text: label ?? pair.dropped ?? "none"),
      ]
      parts += votes.map { vote in
        TranscriptPool.Part(
          title: "vote by \(vote.principleId), shown as \(vote.order.rawValue): "
            + TranscriptReader.choice(vote),
          text: vote.reasoning ?? "")
      }
      return TranscriptPool.Item(
        promptId: pair.promptId, prompt: prompts[pair.promptId]?.promptText ?? "",
        set: pair.promptSet, category: prompts[pair.promptId]?.category ?? "",
        principles: unique(votes.map(\.principleId)), parts: parts)
    }
    return pool
  }

  private var runName: String { run.variant.map { "\(run.name), \($0)" } ?? run.name }

  private func chains(stage: String) -> [String: [SampleRecord]] {
    let steps = samples.filter {
      $0.stage == stage && $0.round > 0 && ($0.kind == .critique || $0.kind == .revision)
    }
    return Dictionary(grouping: steps, by: \.promptId).mapValues { steps in
      // A critique comes before the revision of its round.
      steps.sorted {
        ($0.draw, $0.round, $0.kind == .critique ? 0 : 1)
          < ($1.draw, $1.round, $1.kind == .critique ? 0 : 1)
      }
    }
  }

  private static func part(_ sample: SampleRecord) -> TranscriptPool.Part {
    let principle = sample.principleId.map { " (\($0))" } ?? ""
    return TranscriptPool.Part(
      title: "\(sample.kind.rawValue), round \(sample.round)\(principle)", text: sample.text)
  }

  /// The evaluator's numbers that are not zero, such as "harmfulness 2, grounded 1".
  private static func judgement(_ detail: String?) -> String? {
    guard let detail,
      let value = try? JSONSerialization.jsonObject(with: Data(detail.utf8)),
      let members = value as? [String: Any]
    else { return nil }
    var parts: [String] = []
    if let numbers = members["judgement"] as? [String: Any] {
      for name in numbers.keys.sorted() {
        guard let number = numbers[name] as? NSNumber, number.doubleValue != 0 else { continue }
        parts.append("\(name) \(Formatting.precise(number.doubleValue))")
      }
      if parts.isEmpty { parts.append("judged: all zero") }
    }
    if let own = members["own_harm"] as? NSNumber {
      parts.append("own harm \(Formatting.precise(own.doubleValue))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func choice(_ vote: VoteRecord) -> String {
    guard let a = vote.logProbabilityA, let b = vote.logProbabilityB else { return "unread" }
    // Log-probabilities are of the options as shown: first and second.
    return "P(first) = \(Formatting.number(1 / (1 + exp(b - a))))"
  }
}
