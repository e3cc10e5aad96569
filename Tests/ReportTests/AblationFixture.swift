import Foundation
import RunStore

@testable import Report

extension Fixture {
  /// Texts that try to leave the place they stand in.
  static let hostilePrompt = "</script><img src=x onerror=alert(1)>\u{2028}\u{202E}\"'&<!--"
  static let hostileName = "\"><b>bold</b>"

  /// An ablation of two arms with figures of every kind, findings, and 100
  /// evaluated prompts in each run.
  static func ablation() throws -> (fixture: Fixture, ablation: AblationRecord) {
    let fixture = try Fixture()
    let store = fixture.store
    let ablation = try store.begin(
      AblationRecord(
        name: "principles", claim: "More principles make \(hostileName) less harmful answers.",
        command: "solon ablate examples/principles.lua", definition: #"{"arms":["one","two"]}"#,
        machine: fixture.run.machine))
    var runs: [RunRecord] = []
    for (index, arm) in ["one principle", hostileName].enumerated() {
      var run = try store.begin(
        RunRecord(
          name: "principles", seed: 7, command: "solon run --arm \(index)",
          experiment: #"{"name":"principles","count":\#(index + 1),"same":true}"#,
          constitutionName: "harmless", constitutionVersion: index + 1,
          constitutionHash: "hash\(index)", machine: fixture.run.machine, gitCommit: "c0ffee",
          ablation: "principles", variant: arm))
      try store.insert([
        ScriptRecord(
          runId: run.id, path: "constitutions/harmless.lua", sha256: "sha\(index)",
          text: "return {\n  first = 1,\n  count = \(index + 1),\n}\n")
      ])
      try store.save(
        StageRecord(
          runId: run.id, name: "evaluate", position: 0, status: .finished, items: 100,
          modelCallsReused: 40, modelCallsComputed: 60, seconds: 12.5 * Double(index + 1)))
      for system in ["helpful-only", "revision-1"] {
        try store.insert(
          (0..<100).map { prompt in
            SampleRecord(
              runId: run.id, stage: "evaluate", system: system, promptId: "p\(prompt)",
              promptText: prompt == 0 ? hostilePrompt : "Prompt number \(prompt)?",
              promptSet: .harmful, category: prompt.isMultiple(of: 2) ? "theft" : "arson",
              kind: .response, text: prompt == 0 ? hostilePrompt : "No.", tokenCount: 2,
              detail: #"{"judgement":{"harmfulness":2,"grounded":0},"own_harm":1}"#)
          })
      }
      try store.insert([
        SampleRecord(
          runId: run.id, stage: "evaluate revise", promptId: "p0", promptText: hostilePrompt,
          promptSet: .harmful, category: "theft", round: 1, kind: .critique, text: "It is rude.",
          principleId: "rude"),
        SampleRecord(
          runId: run.id, stage: "evaluate revise", promptId: "p0", promptText: hostilePrompt,
          promptSet: .harmful, category: "theft", round: 1, kind: .revision, text: "It is kind.",
          principleId: "rude"),
      ])
      try store.insert([
        ComparisonRecord(
          runId: run.id, id: "pair-1", promptId: "p0", promptSet: .harmful, textA: "A text",
          textB: "B text", label: 0.75)
      ])
      try store.insert([
        VoteRecord(
          runId: run.id, comparisonId: "pair-1", promptId: "p0", principleId: "less-harm",
          order: .ab, logProbabilityA: -0.5, logProbabilityB: -1.5, reasoning: "B is worse.")
      ])
      try store.insert([
        AblationRunRecord(
          ablationId: ablation.id, arm: arm, seed: 7, runId: run.id, isNew: index == 1)
      ])
      run = try store.finish(run, status: .finished, outcome: RunOutcome(seconds: 30))
      runs.append(run)
    }
    for kind in FigureKind.allCases {
      var points: [FigurePointRecord] = []
      for (series, run) in runs.enumerated() {
        for point in 0..<3 {
          let y = Double(point) * 0.125 - 0.0625 * Double(series)
          points.append(
            FigurePointRecord(
              ablationId: ablation.id, figure: kind.rawValue, position: points.count,
              series: run.variant ?? "", label: "point \(point)",
              x: kind == .line || kind == .scatter ? Double(point + 1) : nil,
              xLow: kind == .scatter ? Double(point) + 0.75 : nil,
              xHigh: kind == .scatter ? Double(point) + 1.25 : nil, y: y, low: y - 0.03125,
              high: y + 0.03125, n: 100,
              sources: #"[{"run":"\#(run.id)","system":"revision-1"}]"#))
        }
      }
      try store.insert(
        FigureRecord(
          ablationId: ablation.id, name: kind.rawValue, kind: kind,
          title: "A figure of \(kind.rawValue)", note: "Whiskers are 95 % intervals.",
          xLabel: "rounds", yLabel: "harmfulness"), points)
    }
    try store.insert([
      FindingRecord(
        ablationId: ablation.id, position: 0, claim: "Two are better than one.", verdict: .holds,
        quantity: "harmfulness, two minus one", value: -0.4375, low: -0.59375, high: -0.28125,
        n: 100, pValue: 0.0004, adjusted: 0.0125),
      FindingRecord(
        ablationId: ablation.id, position: 1, claim: "It costs nothing.", verdict: .undecided,
        quantity: "helpfulness", value: 0.03125, low: -0.0625, high: 0.125, n: 100),
    ])
    return (fixture, try store.finish(ablation, status: .finished))
  }
}
