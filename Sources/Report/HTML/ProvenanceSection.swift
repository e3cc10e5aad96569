internal import Foundation
internal import RunStore

/// What it takes to make the page's numbers again.
struct ProvenanceSection {
  let commands: [String]
  let members: [ReportArm.Member]
  /// JSON texts to show in full, by name.
  let documents: [(name: String, json: String)]

  var html: String {
    let runs = members.map(\.run)
    var facts: [(String, [String])] = [("commands", unique(commands))]
    facts.append(("seeds", unique(runs.map { "\($0.seed)" })))
    if let first = runs.map(\.startedAt).min() {
      let last = runs.compactMap(\.finishedAt).max()
      facts.append(
        (
          "runs made",
          [Formatting.minute(first) + (last.map { " to " + Formatting.minute($0) } ?? "")]
        ))
    }
    facts.append(("tool version", unique(runs.map(\.machine.toolVersion))))
    facts.append(("commit", unique(runs.compactMap(\.gitCommit))))
    facts.append(("machine", unique(runs.map { ProvenanceSection.machine($0.machine) })))
    facts.append(
      ("limits", unique(runs.compactMap { $0.limit.map { "at most \($0) prompts of each set" } })))
    facts.append(("set by hand", unique(runs.flatMap(\.overrides))))
    var html = "<dl>\n"
    for (name, values) in facts where !values.allSatisfy(\.isEmpty) {
      let shown = values.prefix(12).map { "<div>\(HTML.escaped($0))</div>" }.joined()
      let rest = values.count > 12 ? "<div>… \(values.count - 12) more</div>" : ""
      html += "<dt>\(HTML.escaped(name))</dt><dd>\(shown)\(rest)</dd>\n"
    }
    html += "</dl>\n" + scripts + weights
    for document in documents where !document.json.isEmpty {
      let text = ProvenanceSection.indented(document.json)
      html += HTML.details(document.name, "<pre>\(HTML.escaped(text))</pre>\n")
    }
    return HTML.section("provenance", "Provenance", html)
  }

  private static func machine(_ machine: MachineRecord) -> String {
    [
      machine.cpu, "\(machine.cores) cores", "\(machine.lanes) lanes",
      "OpenBLAS \(machine.blasCore)", machine.vectors ?? "", machine.luaVersion,
      machine.operatingSystem,
    ].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  private static func indented(_ json: String) -> String {
    guard let value = try? JSONSerialization.jsonObject(with: Data(json.utf8)),
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    else { return json }
    return String(decoding: data, as: UTF8.self)
  }

  /// Rows without repetitions, with how many runs each holds for.
  private func counted(_ rows: [[String]]) -> [[HTML.Cell]] {
    var counts: [[String]: Int] = [:]
    var order: [[String]] = []
    for row in rows {
      if counts[row] == nil { order.append(row) }
      counts[row, default: 0] += 1
    }
    return order.sorted { $0[0] < $1[0] }.map { row in
      [
        .text(row[0]), .html("<span class=\"hash\">\(HTML.escaped(row[1]))</span>"),
        .number("\(counts[row] ?? 0)"),
      ]
    }
  }

  private var scripts: String {
    hashes(
      "Scripts", "Scripts that the runs read", "path",
      members.flatMap { $0.scripts.map { [$0.path, $0.sha256] } })
  }

  private var weights: String {
    hashes(
      "Weights", "Weights that the runs used or made", "role",
      members.flatMap { $0.artifacts.map { [$0.role, $0.weightsHash] } })
  }

  /// A closed table of what the runs share by its hash; "" for none.
  private func hashes(
    _ summary: String, _ caption: String, _ name: String, _ pairs: [[String]]
  ) -> String {
    let rows = counted(pairs)
    return rows.isEmpty
      ? ""
      : HTML.details(
        "\(summary) (\(rows.count))", HTML.table(caption, [name, "SHA-256", "runs"], rows))
  }
}
