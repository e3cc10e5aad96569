internal import RunStore

/// The lines of one script that differ between two runs.
struct ScriptDifference {
  /// A line of either text, in the order in which both can be read at once.
  enum Line: Hashable {
    case kept(String)
    case removed(String)
    case added(String)
  }

  let path: String
  /// All lines of both texts.
  let lines: [Line]

  var removed: [String] {
    lines.compactMap { line in
      if case .removed(let text) = line { text } else { nil }
    }
  }

  var added: [String] {
    lines.compactMap { line in
      if case .added(let text) = line { text } else { nil }
    }
  }

  init(path: String, before: String, after: String) {
    self.path = path
    let (old, new) = (ScriptDifference.lines(before), ScriptDifference.lines(after))
    var (gone, come): (Set<Int>, Set<Int>) = ([], [])
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, _, _): gone.insert(offset)
      case .insert(let offset, _, _): come.insert(offset)
      }
    }
    var lines: [Line] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if gone.contains(i) {
        lines.append(.removed(old[i]))
        i += 1
      } else if come.contains(j) {
        lines.append(.added(new[j]))
        j += 1
      } else {
        lines.append(.kept(new[j]))
        i += 1
        j += 1
      }
    }
    self.lines = lines
  }

  /// The scripts that both runs read and that differ.
  static func all(before: [ScriptRecord], after: [ScriptRecord]) -> [ScriptDifference] {
    let old = Dictionary(before.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    return after.compactMap { script in
      guard let before = old[script.path], before.sha256 != script.sha256 else { return nil }
      return ScriptDifference(path: script.path, before: before.text, after: script.text)
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
