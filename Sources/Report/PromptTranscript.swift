internal import Foundation
public import RunStore

/// Everything a run holds on one prompt: first answers, rounds of critique and
/// revision, pairs with their votes, and every system's evaluated answer.
public struct PromptTranscript {
  private let samples: [SampleRecord]
  private let comparisons: [(ComparisonRecord, [VoteRecord])]

  /// - Throws: when the run has nothing on the prompt.
  public init(store: RunStore, run: String, promptId: String) throws(StoreError) {
    samples = try store.samples(of: run, promptId: promptId)
    var comparisons: [(ComparisonRecord, [VoteRecord])] = []
    for row in try store.comparisons(of: run) where row.promptId == promptId {
      comparisons.append((row, try store.votes(of: run, comparisonId: row.id)))
    }
    self.comparisons = comparisons
    if samples.isEmpty, comparisons.isEmpty {
      throw StoreError(
        .noSuchRun,
        "run \(run) has nothing on the prompt '\(promptId)' — look for ids with "
          + "run:samples() or `solon show --json`")
    }
  }

  public func text(width: Int) -> String {
    var lines: [String] = []
    func add(_ title: String, _ text: String) {
      lines += TerminalText.wrapped(title, columns: width)
      lines += TerminalText.wrapped(text, columns: width - 2).map { "  " + $0 }
    }
    if let first = samples.first {
      let category = first.category.map { " (\($0))" } ?? ""
      add("\(first.promptId)\(category)", first.promptText ?? "")
    }
    // An evaluation judges many texts that the run already holds.
    var shown: Set<String> = []
    for sample in samples
    where shown.insert(sample.text).inserted || sample.kind != .response || sample.round > 0 {
      let principle = sample.principleId.map { ", \($0)" } ?? ""
      let round = sample.round > 0 ? " round \(sample.round)\(principle)" : ""
      let system = sample.system.map { " of \($0)" } ?? ""
      add("\(sample.stage): \(sample.kind.rawValue)\(system)\(round)", sample.text)
    }
    for (comparison, votes) in comparisons {
      add("compare: A", comparison.textA)
      add("compare: B", comparison.textB)
      for vote in votes { add(title(vote), vote.reasoning ?? "") }
      let label = comparison.label.map { "P(A is better) = \(Formatting.number($0))" }
      lines.append("label: \(label ?? comparison.dropped ?? "none")")
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private func title(_ vote: VoteRecord) -> String {
    guard let a = vote.logProbabilityA, let b = vote.logProbabilityB else {
      return "vote: \(vote.principleId), shown as \(vote.order.rawValue): unread"
    }
    // Log-probabilities are of the options as shown: first and second.
    let first = 1 / (1 + exp(b - a))
    return "vote: \(vote.principleId), shown as \(vote.order.rawValue): "
      + "P(first) = \(Formatting.number(first))"
  }
}
