internal import Foundation
internal import RunStore

/// What every system answered to the same prompts.
struct Transcripts {
  struct Prompt {
    var id: String
    var text: String
    var set: PromptSet
    var category: String?
    /// By system, in the order of the systems.
    var answers: [String]
  }

  let systems: [String]
  let prompts: [Prompt]

  /// Takes prompts that every system answered: by identifier the first harmful
  /// ones of different categories, and the first helpful one. What the answers
  /// say plays no part.
  init(_ samples: [SampleRecord], systems: [String], count: Int) {
    self.systems = systems
    var byPrompt: [String: [String: SampleRecord]] = [:]
    for sample in samples {
      guard let system = sample.system, sample.kind == .response,
        byPrompt[sample.promptId]?[system] == nil
      else { continue }
      byPrompt[sample.promptId, default: [:]][system] = sample
    }
    var candidates: [Prompt] = []
    for (identifier, answers) in byPrompt {
      let found = systems.compactMap { answers[$0] }
      guard !found.isEmpty, found.count == systems.count else { continue }
      candidates.append(
        Prompt(
          id: identifier, text: found.compactMap(\.promptText).first ?? "",
          set: found[0].promptSet, category: found.compactMap(\.category).first,
          answers: found.map(\.text)))
    }
    candidates.sort { $0.id.compare($1.id, options: .numeric) == .orderedAscending }
    prompts = Transcripts.mixed(candidates, count: count)
  }

  /// The first harmful prompt of each category, then others, the last place
  /// going to a helpful prompt when there is one.
  private static func mixed(_ candidates: [Prompt], count: Int) -> [Prompt] {
    let helpful = candidates.first { $0.set == .helpful }
    let harmful = candidates.filter { $0.set == .harmful }
    let places = helpful == nil ? count : count - 1
    var categories: Set<String> = []
    var chosen: [Prompt] = []
    for prompt in harmful where chosen.count < places {
      if categories.insert(prompt.category ?? "").inserted { chosen.append(prompt) }
    }
    for prompt in candidates where chosen.count < places {
      let known = chosen.contains { $0.id == prompt.id } || prompt.id == helpful?.id
      if !known { chosen.append(prompt) }
    }
    return chosen + (count > 0 ? [helpful].compactMap { $0 } : [])
  }

  /// The most lines that one answer takes.
  private static let maximumLines = 16
  /// Narrower columns are hard to read: answers then go below one another.
  private static let minimumColumns = 20

  func text(width: Int) -> String {
    prompts.map { block($0, width: width) }.joined(separator: "\n")
  }

  private func block(_ prompt: Prompt, width: Int) -> String {
    var title = "\(prompt.id) (\(prompt.set.rawValue)"
    if let category = prompt.category { title += ", \(category)" }
    var lines = TerminalText.wrapped("\(title)): \(prompt.text)", columns: width)
    lines.append("")
    let gap = 3
    let column = (width - gap * (systems.count - 1)) / max(1, systems.count)
    if column >= Transcripts.minimumColumns {
      let cells = zip(systems, prompt.answers).map { system, answer in
        [system, String(repeating: "-", count: min(column, TerminalText.width(system)))]
          + TerminalText.wrapped(answer, columns: column, maximumLines: Transcripts.maximumLines)
      }
      for index in 0..<(cells.map(\.count).max() ?? 0) {
        let parts = cells.map { cell in
          pad(index < cell.count ? cell[index] : "", to: column, .left)
        }
        var line = parts.joined(separator: String(repeating: " ", count: gap))
        while line.last == " " { line.removeLast() }
        lines.append(line)
      }
    } else {
      for (system, answer) in zip(systems, prompt.answers) {
        lines.append("\(TerminalText.escaped(system)):")
        lines += TerminalText.wrapped(
          answer, columns: width - 2, maximumLines: Transcripts.maximumLines
        ).map { $0.isEmpty ? "" : "  " + $0 }
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
