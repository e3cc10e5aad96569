import Foundation
import RunStore
import Testing

@testable import Report

/// The page's data, read as its script reads it.
private struct PageContent: Decodable {
  struct Pool: Decodable {
    var run: String
    var stage: String
    var system: String
    var total: Int
    var items: [Item]
  }
  struct Item: Decodable {
    var prompt: Int
    var parts: [[Int]]
    var principles: [Int]

    init(from decoder: any Decoder) throws {
      var row = try decoder.unkeyedContainer()
      _ = try row.decode(Int.self)
      prompt = try row.decode(Int.self)
      _ = try row.decode(Int.self)
      _ = try row.decode(Int.self)
      principles = try row.decode([Int].self)
      parts = try row.decode([[Int]].self)
    }
  }
  struct Point: Decodable {
    var name: String
    var pools: [Int]
  }
  var panels: [String: [Point]]
  var pools: [Pool]
  var texts: [String]
}

private func data(_ html: String) throws -> PageContent {
  let start = try #require(html.range(of: "id=\"data\">"))
  let end = try #require(html.range(of: "</script>", range: start.upperBound..<html.endIndex))
  let json = String(html[start.upperBound..<end.lowerBound])
  return try JSONDecoder().decode(PageContent.self, from: Data(json.utf8))
}

@Suite struct AblationPageTests {
  private func page() throws -> String {
    let (fixture, ablation) = try Fixture.ablation()
    return try ReportPage(store: fixture.store, ablation: ablation.id).html()
  }

  @Test func hostileTextsStayText() throws {
    let html = try page()
    #expect(!html.contains("<img"))
    #expect(!html.contains("<b>"))
    #expect(!html.contains("\u{2028}"))
    #expect(!html.contains("\u{202E}"))
    #expect(!html.contains("<!--"))
    // One data block and one script, and nothing that ends either early.
    #expect(html.components(separatedBy: "<script").count == 3)
    #expect(html.components(separatedBy: "</script").count == 3)
    #expect(html.contains("&quot;&gt;&lt;b&gt;bold&lt;/b&gt;"))
    // The text itself is whole, its direction mark shown as an escape.
    let texts = try data(html).texts
    #expect(texts.contains { $0.hasPrefix("</script><img src=x onerror=alert(1)>\\u{2028}") })
  }

  @Test func thePageAsksNothingOfTheNetwork() throws {
    let html = try page()
    #expect(!html.contains("http://"))
    #expect(!html.contains("https://"))
    #expect(!html.contains("url("))
    #expect(html.contains("default-src 'none'"))
  }

  @Test func everyNumberOfAFigureIsThere() throws {
    let (fixture, ablation) = try Fixture.ablation()
    let html = try ReportPage(store: fixture.store, ablation: ablation.id).html()
    for figure in try fixture.store.figures(of: ablation.id) {
      #expect(html.contains("id=\"figure-\(figure.name)\""))
      #expect(html.contains(HTML.escaped(figure.title)))
      for point in try fixture.store.points(of: ablation.id, figure: figure.name) {
        #expect(html.contains(">\(Formatting.measured(point.y))</td>"))
        #expect(html.contains(">\(Formatting.range(point.low, point.high))</td>"))
        if let x = point.x { #expect(html.contains(">\(Formatting.precise(x))</td>")) }
      }
    }
  }

  @Test func findingsComeWithTheirVerdicts() throws {
    let html = try page()
    for text in [
      "Two are better than one.", "−0.438", "[−0.594, −0.281]", "&lt; 0.001", "0.013", "held",
      "undecided", "Of 2: 1 held, 1 undecided.",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test func shownTranscriptsAreCounted() throws {
    let html = try page()
    let data = try data(html)
    let answers = data.pools.filter { $0.stage == "evaluate" }
    #expect(answers.map(\.total) == [100, 100])
    #expect(answers.map(\.items.count) == [40, 40])
    #expect(
      html.contains(
        "Shown here: 80 of 200 evaluated answers, 2 of 2 chains of critique and revision, "
          + "2 of 2 pairs with their votes."))
    // "No." is there once, however many answers say it.
    #expect(data.texts.count { $0 == "No." } == 1)
    #expect(Set(data.panels.keys) == ["line", "bars", "scatter", "matrix"])
    let first = try #require(data.panels["line"]?.first)
    #expect(
      Set(first.pools.map { data.pools[$0].stage })
        == ["evaluate", "evaluate revise", "compare"])
    #expect(Set(first.pools.map { data.pools[$0].run }).count == 1)
  }

  @Test func anAnswerComesWithItsJudgementAndRounds() throws {
    let data = try data(try page())
    let pool = try #require(data.pools.first { $0.system == "revision-1" })
    let titles = try #require(pool.items.first).parts.map { data.texts[$0[0]] }
    #expect(
      titles == [
        "answer of revision-1 (harmfulness 2, own harm 1)", "critique, round 1 (rude)",
        "revision, round 1 (rude)",
      ])
  }

  @Test func armsShowWhatDiffers() throws {
    let html = try page()
    #expect(html.contains(">count</th><td>1</td><td>2</td>"))
    #expect(!html.contains(">same</th>"))
    #expect(html.contains("<span class=\"removed\">-   count = 1,</span>"))
    #expect(html.contains("<span class=\"added\">+   count = 2,</span>"))
    #expect(html.contains("2 runs: 1 computed for this ablation, 1 taken from the record."))
    #expect(html.contains("c0ffee"))
  }

  @Test func plotsHaveNamesOfTheirOwn() throws {
    let (fixture, ablation) = try Fixture.ablation()
    let page = try ReportPage(store: fixture.store, ablation: ablation.id)
    #expect(page.plots.map(\.name).sorted() == ["bars", "line", "matrix", "scatter"])
    #expect(page.fileName == "principles-\(ablation.id)")
  }
}

@Suite struct RunPageTests {
  @Test func aRunHasItsMeasuresAndCurves() throws {
    let fixture = try Fixture.complete()
    try fixture.store.insert(
      (1...30).map {
        MetricRecord(
          runId: fixture.run.id, stage: "ppo", step: $0, name: "objective/kl",
          value: Double($0) / 8)
      })
    let page = try ReportPage(store: fixture.store, runs: [fixture.run.id])
    let html = page.html()
    for text in [
      "Harmfulness by category", "ppo: objective/kl", "Calibration of the preference model",
      "accuracy 0.88", "Zeal", "Shown here: 4 of 4 evaluated answers.",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(page.plots.map(\.name).contains("ppo-objective-kl"))
    #expect(!html.contains("\u{1B}"))
  }

  @Test func runsStandSideBySide() throws {
    let (fixture, ablation) = try Fixture.ablation()
    let runs = try fixture.store.runs(ofAblation: ablation.id).map(\.runId)
    let html = try ReportPage(store: fixture.store, runs: runs + runs).html()
    #expect(html.contains("2 runs side by side"))
    #expect(html.contains(">count</th><td>1</td><td>2</td>"))
    #expect(html.contains("<span class=\"added\">+   count = 2,</span>"))
  }

  @Test func anUnknownReferenceIsAnError() throws {
    let fixture = try Fixture()
    #expect(throws: StoreError.self) { try ReportPage(store: fixture.store, runs: ["nope"]) }
    #expect(throws: StoreError.self) { try ReportPage(store: fixture.store, ablation: "nope") }
  }
}
