internal import Foundation
internal import RunStore

/// Runs under one setting: an arm of an ablation, or one run of several that are
/// put side by side.
struct ReportArm {
  struct Member {
    var run: RunRecord
    /// False when the run was on record before.
    var isNew: Bool
    var stages: [StageRecord]
    var scripts: [ScriptRecord]
    var artifacts: [RunArtifactRecord]
  }

  var name: String
  var members: [Member]
}

/// What differs between arms: their settings and their constitutions.
struct ArmsSection {
  let arms: [ReportArm]
  /// What an arm is called: "arm" or "run".
  let noun: String

  var html: String {
    var content = ""
    if noun == "arm" { content += runs }
    content += settings + constitutions
    let title = arms.count > 1 ? "\(noun.capitalized)s and what differs" : "Constitution"
    return HTML.section("arms", title, content)
  }

  private var runs: String {
    let rows = arms.flatMap { arm in
      arm.members.map { member -> [HTML.Cell] in
        let run = member.run
        return [
          .text(arm.name), .number("\(run.seed)"), .html("<code>\(HTML.escaped(run.id))</code>"),
          .text(run.name), .text(run.status.rawValue),
          .number(
            Formatting.duration(
              run.outcome.seconds ?? member.stages.reduce(0) { $0 + $1.seconds })),
          .text(member.isNew ? "computed for this ablation" : "taken from the record"),
        ]
      }
    }
    return HTML.table(
      "The runs of each arm", ["arm", "seed", "run", "name", "status", "time", "origin"], rows)
  }

  private var settings: String {
    guard arms.count > 1, let base = arms.first?.members.first?.run else { return "" }
    var order: [String] = []
    var values: [String: [Int: String?]] = [:]
    for (index, arm) in arms.enumerated().dropFirst() {
      guard let run = arm.members.first?.run else { continue }
      // Where a function stands says nothing; its script's text does.
      for change in JSONDifference.changes(from: base.experiment, to: run.experiment)
      where change.before?.hasPrefix("function ") != true {
        if values[change.path] == nil {
          order.append(change.path)
          for other in arms.indices { values[change.path, default: [:]][other] = change.before }
        }
        values[change.path, default: [:]][index] = change.after
      }
    }
    guard !order.isEmpty else {
      return HTML.paragraph("The resolved experiments of all \(noun)s are the same.")
    }
    func table(_ caption: String, _ paths: [String]) -> String {
      let rows = paths.map { path in
        [HTML.Cell.text(path)]
          + arms.indices.map { .text((values[path]?[$0] ?? nil) ?? "not there") }
      }
      return HTML.table(caption, ["field"] + arms.map(\.name), rows)
    }
    let (own, others) = (
      order.filter { $0.hasPrefix("constitution.") },
      order.filter { !$0.hasPrefix("constitution.") }
    )
    var content = ""
    if !others.isEmpty { content += table("Fields of the experiment that differ", others) }
    if !own.isEmpty {
      content += HTML.details(
        "Fields of the constitution that differ (\(own.count))",
        table("Fields of the constitution that differ", own))
    }
    return content
  }

  // MARK: Constitutions

  private static func scripts(_ arm: ReportArm) -> [ScriptRecord] {
    (arm.members.first?.scripts ?? []).filter { $0.path.contains("constitutions/") }
  }

  private var constitutions: String {
    guard let base = arms.first, let run = base.members.first?.run else { return "" }
    let own = ArmsSection.scripts(base)
    var content = ""
    if arms.count > 1 { content += "<h3>Constitutions</h3>\n" }
    content += HTML.paragraph(
      "\(run.constitutionName), version \(run.constitutionVersion)"
        + (arms.count > 1 ? ", is that of \(base.name)." : "."))
    for script in own {
      content += HTML.details(
        "\(script.path) (\(script.text.split(separator: "\n").count) lines)",
        "<pre>\(HTML.escaped(script.text))</pre>\n")
    }
    // Arms that share a text are told of once.
    var groups: [(names: [String], scripts: [ScriptRecord])] = []
    for arm in arms.dropFirst() {
      let scripts = ArmsSection.scripts(arm)
      let hashes = scripts.map(\.sha256)
      if let place = groups.firstIndex(where: { $0.scripts.map(\.sha256) == hashes }) {
        groups[place].names.append(arm.name)
      } else {
        groups.append(([arm.name], scripts))
      }
    }
    for group in groups {
      let names = group.names.joined(separator: ", ")
      if group.scripts.map(\.sha256) == own.map(\.sha256) {
        content += HTML.paragraph("The same text: \(names).")
        continue
      }
      for difference in ArmsSection.differences(before: own, after: group.scripts) {
        content += HTML.details(
          "\(names): \(difference.path), \(difference.removed.count) lines fewer, "
            + "\(difference.added.count) more",
          isOpen: difference.removed.count + difference.added.count <= 40,
          ArmsSection.html(difference))
      }
    }
    return content
  }

  /// Scripts of the same path; where a path has changed, the two that are alone.
  private static func differences(
    before: [ScriptRecord], after: [ScriptRecord]
  ) -> [ScriptDifference] {
    let (old, new) = (Set(before.map(\.path)), Set(after.map(\.path)))
    var result = ScriptDifference.all(before: before, after: after)
    let (gone, come) = (
      before.filter { !new.contains($0.path) }, after.filter { !old.contains($0.path) }
    )
    if gone.count == 1, come.count == 1 {
      result.append(
        ScriptDifference(
          path: "\(gone[0].path) to \(come[0].path)", before: gone[0].text, after: come[0].text))
    } else {
      result += gone.map { ScriptDifference(path: $0.path, before: $0.text, after: "") }
      result += come.map { ScriptDifference(path: $0.path, before: "", after: $0.text) }
    }
    return result
  }

  /// The lines that differ with three around them.
  private static func html(_ difference: ScriptDifference) -> String {
    let context = 3
    let changed = difference.lines.indices.filter { index in
      if case .kept = difference.lines[index] { false } else { true }
    }
    let near = Set(changed.flatMap { ($0 - context)...($0 + context) })
    var html = "<pre class=\"diff\">"
    var skipped = 0
    func skip() -> String {
      skipped == 0 ? "" : "<span class=\"skipped\">… \(skipped) equal lines</span>"
    }
    for (index, line) in difference.lines.enumerated() {
      guard near.contains(index) else {
        skipped += 1
        continue
      }
      html += skip()
      skipped = 0
      switch line {
      case .kept(let text): html += "<span>  \(HTML.escaped(text))</span>"
      case .removed(let text):
        html += "<span class=\"removed\">- \(HTML.escaped(text))</span>"
      case .added(let text): html += "<span class=\"added\">+ \(HTML.escaped(text))</span>"
      }
    }
    return html + skip() + "</pre>\n"
  }
}
