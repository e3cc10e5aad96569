internal import Foundation
public import RunStore

/// What changed from one run to another: settings, figures, labels and texts.
public struct RunDifference {
  let before: RunView
  let after: RunView
  let settings: [JSONDifference.Change]
  let scripts: [ScriptDifference]
  let chains: ChainDifference
  let labels: LabelDifference

  /// - Throws: when a run is not in the store.
  public init(store: RunStore, before: String, after: String) throws(StoreError) {
    let (first, second) = (try store.run(id: before), try store.run(id: after))
    self.before = try RunView(store, first)
    self.after = try RunView(store, second)
    // Where a function stands says nothing; its script's text does.
    settings = JSONDifference.changes(from: first.experiment, to: second.experiment)
      .filter { $0.before?.hasPrefix("function ") != true }
    scripts = ScriptDifference.all(
      before: try store.scripts(of: before), after: try store.scripts(of: after))
    chains = ChainDifference(
      before: try store.samples(of: before), after: try store.samples(of: after))
    labels = LabelDifference(
      before: try store.comparisons(of: before), after: try store.comparisons(of: after))
  }

  /// For people; each part only when something in it changed.
  ///
  /// - Parameters:
  ///   - width: columns.
  ///   - examples: changed texts to show.
  public func text(width: Int, examples: Int = 3) -> String {
    var parts: [String] = []
    parts.append(settings.isEmpty ? scripts.map { $0.text(width) }.joined() : settingsText(width))
    let figures = figuresText(width)
    if !figures.isEmpty { parts.append(figures) }
    parts.append(labels.text())
    parts.append(chains.text(width: width, examples: examples))
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func settingsText(_ width: Int) -> String {
    let shown = 12
    var lines: [String] = []
    for change in settings.prefix(shown) {
      lines += TerminalText.wrapped("\(change.path)", columns: width)
      lines += marked("-", change.before, width) + marked("+", change.after, width)
    }
    if settings.count > shown { lines.append("… \(settings.count - shown) more") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Every figure that both runs measured, where it changed.
  private func figuresText(_ width: Int) -> String {
    var table = TextTable([
      .init("system", .left), .init("metric", .left), .init("before"), .init("after"),
      .init("change"),
    ])
    for system in after.systems where before.systems.contains(system) {
      for metric in after.metrics {
        guard let old = before.measure(system, metric)?.mean,
          let new = after.measure(system, metric)?.mean, old != new
        else { continue }
        table.append([
          system, metric, Formatting.number(old), Formatting.number(new),
          Formatting.signed(new - old),
        ])
      }
    }
    return table.rows.isEmpty ? "" : table.text(width: width)
  }
}

/// The text in lines that begin with a mark.
func marked(_ mark: String, _ text: String?, _ width: Int, lines: Int = 8) -> [String] {
  guard let text else { return [] }
  return TerminalText.wrapped(text, columns: width - 4, maximumLines: lines)
    .map { "  \(mark) \($0)" }
}

/// How the labels of the pairs that both runs compared differ.
struct LabelDifference {
  let common: Int
  let changed: Int
  let added: Int
  let removed: Int
  /// Of the pairs that both labelled.
  let meanShift: Double
  /// Labels that are now on the other side of one half.
  let flipped: Int

  init(before: [ComparisonRecord], after: [ComparisonRecord]) {
    let old = Dictionary(before.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let both = after.compactMap { new in old[new.id].map { ($0, new) } }
    common = both.count
    added = after.count - both.count
    removed = before.count - both.count
    changed = both.count { $0.label != $1.label }
    let shifts = both.compactMap { old, new -> (Double, Double)? in
      guard let a = old.label, let b = new.label else { return nil }
      return (a, b)
    }
    meanShift =
      shifts.isEmpty ? 0 : shifts.reduce(0) { $0 + abs($1.1 - $1.0) } / Double(shifts.count)
    flipped = shifts.count { ($0.0 - 0.5) * ($0.1 - 0.5) < 0 }
  }

  func text() -> String {
    guard changed + added + removed > 0 else { return "" }
    var text =
      "labels: \(changed) of \(common) changed, by \(Formatting.number(meanShift)) on average; "
      + "\(flipped) now prefer the other answer"
    if added + removed > 0 { text += "; \(added) pairs are new, \(removed) are gone" }
    return text + "\n"
  }
}

/// How the critiques and revisions of the prompts that both runs revised
/// differ.
struct ChainDifference {
  struct Step: Hashable {
    var stage: String
    var prompt: String
    var round: Int
  }
  struct Change {
    var step: Step
    var promptText: String
    var principle: (before: String?, after: String?)
    var response: String
    var critique: (before: String?, after: String?)
    var revision: (before: String?, after: String?)
  }

  let common: Int
  let changes: [Change]

  init(before: [SampleRecord], after: [SampleRecord]) {
    typealias Texts = (critique: SampleRecord?, revision: SampleRecord?)
    func steps(_ samples: [SampleRecord]) -> (order: [Step], texts: [Step: Texts]) {
      var order: [Step] = []
      var texts: [Step: Texts] = [:]
      for sample in samples where sample.round > 0 {
        let step = Step(stage: sample.stage, prompt: sample.promptId, round: sample.round)
        if texts[step] == nil { order.append(step) }
        switch sample.kind {
        case .critique: texts[step, default: (nil, nil)].critique = sample
        case .revision: texts[step, default: (nil, nil)].revision = sample
        case .response, .reasoning: break
        }
      }
      return (order, texts)
    }
    let (_, old) = steps(before)
    let (order, new) = steps(after)
    let first = Dictionary(
      after.filter { $0.kind == .response && $0.round == 0 }.map { ($0.promptId, $0.text) },
      uniquingKeysWith: { first, _ in first })
    common = order.count { old[$0] != nil }
    changes = order.compactMap { step in
      guard let a = old[step], let b = new[step] else { return nil }
      guard a.critique?.text != b.critique?.text || a.revision?.text != b.revision?.text else {
        return nil
      }
      var earlier = step
      earlier.round -= 1
      return Change(
        step: step, promptText: b.revision?.promptText ?? "",
        principle: (a.revision?.principleId, b.revision?.principleId),
        response: new[earlier]?.revision?.text ?? first[step.prompt] ?? "",
        critique: (a.critique?.text, b.critique?.text),
        revision: (a.revision?.text, b.revision?.text))
    }
  }

  func text(width: Int, examples: Int) -> String {
    guard common > 0 else { return "" }
    guard !changes.isEmpty else { return "texts: none of \(common) revision rounds changed\n" }
    var byPrinciple: [String: Int] = [:]
    for change in changes { byPrinciple[change.principle.after ?? "", default: 0] += 1 }
    let principles = byPrinciple.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .prefix(6).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    var lines = ["texts: \(changes.count) of \(common) revision rounds changed (\(principles))"]
    // The first change of a chain is the edit's own; later ones follow from it.
    var seen: Set<String> = []
    let own = changes.filter { seen.insert($0.step.stage + $0.step.prompt).inserted }
    for change in own.prefix(examples) {
      lines.append("")
      let principle =
        change.principle.before == change.principle.after
        ? change.principle.after ?? ""
        : "\(change.principle.before ?? "none") → \(change.principle.after ?? "none")"
      lines += TerminalText.wrapped(
        "\(change.step.prompt) round \(change.step.round), \(principle): \(change.promptText)",
        columns: width)
      lines += marked(" ", change.response, width)
      for (name, texts) in [("critique", change.critique), ("revision", change.revision)] {
        lines.append("  \(name)")
        if texts.before == texts.after {
          lines += marked("=", texts.after, width)
        } else {
          lines += marked("-", texts.before, width) + marked("+", texts.after, width)
        }
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
