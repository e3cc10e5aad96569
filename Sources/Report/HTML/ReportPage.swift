public import Foundation
public import RunStore

/// A report as one page of HTML that stands alone: an ablation with its findings
/// and figures, or one or more runs side by side.
///
/// Everything is read when the page is made; writing it reads nothing more.
public struct ReportPage {
  public let title: String
  /// A name for the page's file, without an ending.
  public let fileName: String
  private let lead: String
  private let facts: [String]
  private let sections: [(id: String, title: String, html: String)]
  private let figures: [ReportFigure]
  private let data: PageData

  /// Prompts whose texts a page holds for each run and system.
  static let transcriptCap = 40
  /// Pools of transcripts beyond which each is shown less of.
  private static let transcriptBudget = 20_000

  /// The page of an ablation.
  ///
  /// - Parameter id: its whole identifier.
  /// - Throws: when it is not in the store.
  public init(store: RunStore, ablation id: String) throws(StoreError) {
    guard let ablation = try store.ablations().first(where: { $0.id == id }) else {
      throw StoreError(.noSuchRun, "no ablation has the id '\(id)' — \(store.databaseURL.path)")
    }
    var arms: [ReportArm] = []
    for row in try store.runs(ofAblation: id) {
      let member = try ReportPage.member(store, try store.run(id: row.runId), isNew: row.isNew)
      if let place = arms.firstIndex(where: { $0.name == row.arm }) {
        arms[place].members.append(member)
      } else {
        arms.append(ReportArm(name: row.arm, members: [member]))
      }
    }
    let members = arms.flatMap(\.members)
    var figures: [ReportFigure] = []
    for record in try store.figures(of: id) {
      figures.append(ReportFigure(record, try store.points(of: id, figure: record.name)))
    }
    var data = PageData()
    let sources = figures.flatMap { $0.points.flatMap(ReportFigure.sources) }
    try ReportPage.addPools(&data, store, Set(sources))
    for figure in figures { data.addPanel(figure.record.name, ReportPage.panel(figure, data)) }

    title = ablation.name
    fileName = ReportPage.fileName([ablation.name, ablation.id])
    lead = ablation.claim
    facts = [
      "ablation \(ablation.id), \(ablation.status.rawValue)",
      "\(arms.count) arms, \(members.count) runs, seeds "
        + unique(members.map { "\($0.run.seed)" }).joined(separator: ", "),
      "started \(Formatting.minute(ablation.startedAt))",
    ]
    let drawn = figures.map { figure in
      figure.html(panel: figure.record.name)
        + ReportPage.transcripts(
          figure.record.name, "Transcripts behind each point of “\(figure.record.title)”", data)
    }
    sections = [
      ("findings", "Findings", FindingsSection(findings: try store.findings(of: id)).html),
      (
        "figures", "Figures",
        HTML.section(
          "figures", "Figures",
          drawn.isEmpty ? HTML.paragraph("No figure is on record.") : drawn.joined())
      ),
      ("arms", "Arms", ArmsSection(arms: arms, noun: "arm").html),
      ("cost", "Cost", CostSection(members: members).html),
      (
        "provenance", "Provenance",
        ProvenanceSection(
          commands: [ablation.command] + members.map(\.run.command), members: members,
          documents: [
            ("Definition of the ablation", ablation.definition),
            ("Resolved experiment of the first run", members.first?.run.experiment ?? ""),
          ]
        ).html
      ),
    ]
    self.figures = figures
    self.data = data
  }

  /// The page of one or more runs.
  ///
  /// - Parameter ids: their whole identifiers.
  /// - Throws: when one is not in the store.
  public init(store: RunStore, runs ids: [String]) throws(StoreError) {
    var arms: [ReportArm] = []
    var views: [(name: String, view: RunView, metrics: [MetricRecord])] = []
    for id in unique(ids) {
      let run = try store.run(id: id)
      let member = try ReportPage.member(store, run, isNew: true)
      views.append(("", try RunView(store, run), try store.metrics(of: id)))
      arms.append(ReportArm(name: "", members: [member]))
    }
    // A run is called by its name where that is enough.
    let names = views.map(\.view.run.name)
    for index in views.indices {
      let run = views[index].view.run
      let isAlone = names.count { $0 == run.name } == 1
      views[index].name = isAlone ? run.name : "\(run.name) \(run.id)"
      arms[index].name = views[index].name
    }
    let made = RunFigures(runs: views)
    let (measures, others, curves) = (made.measures, made.others, made.curves)
    let calibration = made.calibration

    var data = PageData()
    var points: [PageData.Point] = []
    for (name, view, _) in views {
      let prefix = views.count > 1 ? "\(name) · " : ""
      let reader = try TranscriptReader(store, view.run, cap: ReportPage.transcriptCap)
      for system in reader.systems {
        let index = data.add(reader.answers(of: system))
        points.append(.init(name: prefix + system, pools: [index]))
      }
      for pool in [reader.revisions(stage: "revise"), reader.pairs()].compactMap({ $0 }) {
        points.append(
          .init(
            name: prefix + (pool.stage == "revise" ? "training: revisions" : "training: pairs"),
            pools: [data.add(pool)]))
      }
    }
    data.addPanel("runs", points)

    title = views.count == 1 ? views[0].view.run.name : "\(views.count) runs side by side"
    fileName = ReportPage.fileName(
      views.count == 1
        ? [views[0].view.run.name, views[0].view.run.id]
        : unique(names) + views.map(\.view.run.id))
    lead = ""
    facts = views.map { name, view, _ in
      let run = view.run
      return "run \(run.id)\(views.count > 1 ? " (\(run.name))" : ""): \(run.status.rawValue), "
        + "constitution \(run.constitutionName) version \(run.constitutionVersion), seed "
        + "\(run.seed), started \(Formatting.minute(run.startedAt))"
        + (run.limit.map { ", smoke test of at most \($0) prompts of each set" } ?? "")
    }
    func grid(_ figures: [ReportFigure]) -> String {
      figures.isEmpty
        ? "" : "<div class=\"grid\">\n\(figures.map { $0.html(panel: nil) }.joined())</div>\n"
    }
    var results = measures.map { $0.html(panel: nil) }.joined()
    results += others.isEmpty ? "" : "<h3>Other metrics</h3>\n" + grid(others)
    results += ReportPage.transcripts("runs", "Transcripts", data)
    var training = grid(curves.usual)
    if !curves.others.isEmpty {
      training += HTML.details("More curves (\(curves.others.count))", grid(curves.others))
    }
    training += calibration.map { $0.html(panel: nil) } ?? ""
    let members = arms.flatMap(\.members)
    var sections: [(id: String, title: String, html: String)] = [
      ("results", "Results", HTML.section("results", "Results", results))
    ]
    if !training.isEmpty {
      sections.append(("training", "Training", HTML.section("training", "Training", training)))
    }
    sections += [
      (
        "arms", views.count > 1 ? "Differences" : "Constitution",
        ArmsSection(arms: arms, noun: "run").html
      ),
      ("cost", "Cost", CostSection(members: members).html),
      (
        "provenance", "Provenance",
        ProvenanceSection(
          commands: members.map(\.run.command), members: members,
          documents: views.map { ("Resolved experiment of \($0.name)", $0.view.run.experiment) }
        ).html
      ),
    ]
    self.sections = sections
    figures = measures + others + curves.usual + curves.others + [calibration].compactMap { $0 }
    self.data = data
  }

  /// The plots of the page, each as files of its own.
  public var plots: [ReportPlot] {
    var taken: Set<String> = []
    return figures.map { figure in
      let base = ReportPage.fileName([figure.record.name])
      var name = base
      var count = 2
      while !taken.insert(name).inserted {
        name = "\(base)-\(count)"
        count += 1
      }
      return ReportPlot(name: name, figure: figure)
    }
  }

  /// The page.
  public func html() -> String {
    let links = sections.map {
      "<li><a href=\"#\($0.id)\">\(HTML.escaped($0.title))</a></li>"
    }
    // The policy keeps the page from the network whatever its texts are.
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
      style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
      <meta name="generator" content="solon">
      <title>\(HTML.escaped(title))</title>
      <style>
      \(PageStyle.text)
      </style>
      </head>
      <body>
      <header>
      <h1>\(HTML.escaped(title))</h1>
      \(HTML.paragraph(lead, class: "lead"))\
      \(facts.map { HTML.paragraph($0, class: "facts") }.joined())\
      <nav aria-label="Parts of the page"><ul>\(links.joined())</ul></nav>
      </header>
      <main>
      \(sections.map(\.html).joined())\
      </main>
      <script type="application/json" id="data">\(data.json())</script>
      <script>
      \(PageScript.text)
      </script>
      </body>
      </html>

      """
  }

  // MARK: Reading

  private static func member(
    _ store: RunStore, _ run: RunRecord, isNew: Bool
  ) throws(StoreError) -> ReportArm.Member {
    ReportArm.Member(
      run: run, isNew: isNew, stages: try store.stages(of: run.id),
      scripts: try store.scripts(of: run.id), artifacts: try store.artifacts(of: run.id))
  }

  /// Adds the transcripts of the sources' runs. Many runs share the page: then
  /// each shows fewer prompts.
  private static func addPools(
    _ data: inout PageData, _ store: RunStore, _ sources: Set<ReportFigure.Source>
  ) throws(StoreError) {
    let cap = min(transcriptCap, max(8, transcriptBudget / max(sources.count, 1)))
    let byRun = Dictionary(grouping: sources, by: \.run)
    let known = Set(try store.runs().map(\.id))
    for run in byRun.keys.sorted() where known.contains(run) {
      let reader = try TranscriptReader(store, try store.run(id: run), cap: cap)
      for system in (byRun[run] ?? []).map(\.system).sorted() {
        _ = data.add(reader.answers(of: system))
      }
      for stage in ["evaluate revise", "revise"] {
        if let pool = reader.revisions(stage: stage) { _ = data.add(pool) }
      }
      if let pool = reader.pairs() { _ = data.add(pool) }
    }
  }

  private static func panel(_ figure: ReportFigure, _ data: PageData) -> [PageData.Point] {
    figure.points.map { point in
      let sources = ReportFigure.sources(point)
      var pools = sources.compactMap {
        data.index(run: $0.run, stage: "evaluate", system: $0.system)
      }
      for run in unique(sources.map(\.run)) {
        pools += ["evaluate revise", "revise", "compare"].compactMap {
          data.index(run: run, stage: $0, system: nil)
        }
      }
      return PageData.Point(name: ReportFigure.name(point), pools: pools)
    }
  }

  private static func transcripts(_ panel: String, _ summary: String, _ data: PageData) -> String {
    let counts = data.counts(panel: panel)
    guard !counts.isEmpty else { return "" }
    return "<details class=\"transcripts\" id=\"transcripts-\(HTML.escaped(panel))\" "
      + "data-panel=\"\(HTML.escaped(panel))\"><summary>\(HTML.escaped(summary))</summary>\n"
      + HTML.paragraph(
        counts + " Prompts are taken at even distances; the record has the rest.", class: "note")
      + "<noscript><p>The texts are in this page; showing them needs its script.</p></noscript>\n"
      + "</details>\n"
  }

  /// The parts joined, of letters, digits, dots, underscores and hyphens.
  private static func fileName(_ parts: [String]) -> String {
    let name = parts.joined(separator: "-").map { character -> Character in
      character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
        ? character : "-"
    }
    // No hidden file and no name that a file system refuses.
    let text = String(name.prefix(120)).drop { $0 == "." || $0 == "-" }
    return text.isEmpty ? "report" : String(text)
  }
}

/// One plot of a report as files.
public struct ReportPlot {
  /// A name for the files, without an ending.
  public let name: String
  let figure: ReportFigure

  /// A whole SVG document with colours for white paper.
  public func svg() -> String { figure.plot.svg(.file) }

  /// A PNG file, two pixels for each unit of the SVG.
  public func png() -> Data { Data(figure.plot.png()) }

  /// The plot's numbers as comma-separated values.
  public func csv() -> String { figure.csv }
}
