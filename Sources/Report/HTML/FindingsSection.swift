internal import RunStore

/// The claims of an ablation, each with what was measured for it.
struct FindingsSection {
  let findings: [FindingRecord]

  var html: String {
    guard !findings.isEmpty else {
      return HTML.section(
        "findings", "Findings", HTML.paragraph("This ablation makes no claim of its own."))
    }
    let hasP = findings.contains { $0.pValue != nil }
    let hasAdjusted = findings.contains { $0.adjusted != nil }
    var columns = ["claim", "quantity", "value", "95 % interval"]
    if hasP { columns.append("p") }
    if hasAdjusted { columns.append("adjusted p") }
    columns += ["n", "verdict"]
    let rows = findings.map { finding in
      var row: [HTML.Cell] = [
        .text(finding.claim), .text(finding.quantity), .number(Formatting.measured(finding.value)),
        .number(Formatting.range(finding.low, finding.high)),
      ]
      if hasP { row.append(.number(Formatting.probability(finding.pValue))) }
      if hasAdjusted { row.append(.number(Formatting.probability(finding.adjusted))) }
      row += [.number("\(finding.n)"), .html(FindingsSection.words(finding.verdict))]
      return row
    }
    let counts = Verdict.allCases.compactMap { verdict -> String? in
      let count = findings.count { $0.verdict == verdict }
      return count > 0 ? "\(count) \(FindingsSection.plain(verdict))" : nil
    }
    return HTML.section(
      "findings", "Findings",
      HTML.paragraph("Of \(findings.count): \(counts.joined(separator: ", ")).")
        + HTML.table("Claims and what was measured for them", columns, rows))
  }

  private static func plain(_ verdict: Verdict) -> String {
    switch verdict {
    case .holds: "held"
    case .contradicted: "contradicted"
    case .undecided: "undecided"
    }
  }

  private static func words(_ verdict: Verdict) -> String {
    let mark =
      switch verdict {
      case .holds: "✓"
      case .contradicted: "✗"
      case .undecided: "?"
      }
    return "<span class=\"\(verdict.rawValue)\"><span aria-hidden=\"true\">\(mark) </span>"
      + "\(plain(verdict))</span>"
  }
}
