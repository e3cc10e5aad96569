internal import RunStore

/// The lines of one script that differ between two runs.
struct ScriptDifference {
  let path: String
  let removed: [String]
  let added: [String]

  /// The scripts that both runs read and that differ.
  static func all(before: [ScriptRecord], after: [ScriptRecord]) -> [ScriptDifference] {
    let old = Dictionary(before.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    return after.compactMap { script in
      guard let before = old[script.path], before.sha256 != script.sha256 else { return nil }
      let difference = lines(script.text).difference(from: lines(before.text))
      return ScriptDifference(
        path: script.path, removed: difference.removals.map(\.element),
        added: difference.insertions.map(\.element))
    }
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  func text(_ width: Int) -> String {
    let shown = 8
    func block(_ mark: String, _ lines: [String]) -> [String] {
      lines.prefix(shown).flatMap { marked(mark, $0, width, lines: 2) }
        + (lines.count > shown ? ["  \(mark) … \(lines.count - shown) more lines"] : [])
    }
    return ([TerminalText.escaped(path)] + block("-", removed) + block("+", added))
      .map { $0 + "\n" }.joined()
  }
}

extension CollectionDifference.Change {
  fileprivate var element: ChangeElement {
    switch self {
    case .insert(_, let element, _), .remove(_, let element, _): element
    }
  }
}
