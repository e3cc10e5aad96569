import Foundation
import Testing

@testable import RunStore

@Suite struct RowTests {
  let directory: TemporaryDirectory
  let store: RunStore
  let run: String

  init() throws {
    directory = try TemporaryDirectory()
    store = try RunStore(directory: directory.url)
    run = try store.begin(draftRun()).id
  }

  @Test func samplesComeBackWithTheirIdentifiers() throws {
    var first = sample(run, "p1")
    first.promptText = "How?"
    first.category = "theft"
    first.key = #"{"seed":1}"#
    first.detail = #"{"harmful":true}"#
    let identifiers = try store.insert([first, sample(run, "p2")])
    var revision = sample(run, "p1")
    revision.kind = .revision
    revision.round = 1
    revision.principleId = "theft"
    revision.parent = identifiers[0]
    revision.system = "rl-cai"
    try store.insert([revision])

    let all = try store.samples(of: run)
    #expect(all.map(\.promptId) == ["p1", "p2", "p1"])
    #expect(all.prefix(2).map(\.id) == identifiers.map(Optional.some))
    first.id = identifiers[0]
    #expect(all[0] == first)
    #expect(all[2].parent == identifiers[0])
    #expect(try store.samples(of: run, promptId: "p1").count == 2)
    #expect(try store.samples(of: run, kind: .revision).map(\.principleId) == ["theft"])
    #expect(try store.samples(of: run, system: "rl-cai").count == 1)
    #expect(try store.samples(of: run, stage: "evaluate").isEmpty)
    #expect(try store.samples(of: "other").isEmpty)
  }

  /// SQLite would end a text at its first NUL.
  @Test func aNULInATextCutsNothingOff() throws {
    var odd = sample(run, "p1")
    odd.text = "before\0after \u{1} \u{1B}[31m"
    try store.insert([odd])
    #expect(try store.samples(of: run)[0].text == "before\u{2400}after \u{1} \u{1B}[31m")
    try store.insert([
      ComparisonRecord(
        runId: run, id: "c", promptId: "p", promptSet: .helpful, textA: "\0", textB: "a\0b")
    ])
    #expect(try store.comparisons(of: run)[0].textA == "\u{2400}")
    #expect(try store.comparisons(of: run)[0].textB == "a\u{2400}b")
  }

  @Test func aBatchIsStoredWholeOrNotAtAll() throws {
    let good = sample(run, "p1")
    let orphan = sample("ffffff", "p2")
    let error = try #require(storeError { try store.insert([good, orphan]) })
    #expect(error.code == .failed)
    #expect(error.description.hasPrefix("cannot store samples: FOREIGN KEY"))
    #expect(try store.samples(of: run).isEmpty)
  }

  @Test func aRelabelledComparisonKeepsItsPlace() throws {
    let pairs = ["c1", "c2"].map {
      ComparisonRecord(
        runId: run, id: $0, promptId: "p", promptSet: .harmful, textA: "a", textB: "b")
    }
    try store.insert(pairs)
    var labelled = pairs[0]
    labelled.label = 0.75
    try store.insert([labelled])
    var dropped = pairs[1]
    dropped.dropped = "identical"
    try store.insert([dropped])
    #expect(try store.comparisons(of: run) == [labelled, dropped])
  }

  @Test func votesKeepBothOrdersAndUnreadableAnswers() throws {
    let votes = [
      VoteRecord(
        runId: run, comparisonId: "c1", promptId: "p", principleId: "less-harm", order: .ab,
        logProbabilityA: -0.25, logProbabilityB: -1.5),
      VoteRecord(
        runId: run, comparisonId: "c1", promptId: "p", principleId: "less-harm", order: .ba,
        logProbabilityA: nil, logProbabilityB: nil, reasoning: "Hm.", parsed: false),
    ]
    try store.insert(votes)
    try store.insert([
      VoteRecord(
        runId: run, comparisonId: "c2", promptId: "p", principleId: "less-harm", order: .ab,
        logProbabilityA: -.infinity, logProbabilityB: 0)
    ])
    #expect(try store.votes(of: run, comparisonId: "c1") == votes)
    #expect(try store.votes(of: run)[2].logProbabilityA == -.infinity)
  }

  @Test func curvesAndScoresKeepNotANumber() throws {
    try store.insert([
      MetricRecord(runId: run, stage: "ppo", step: 1, name: "objective/kl", value: 0.5),
      MetricRecord(runId: run, stage: "ppo", step: 0, name: "objective/kl", value: .nan),
      MetricRecord(runId: run, stage: "ppo", step: 0, name: "loss", value: 1e300),
    ])
    let curve = try store.metrics(of: run, stage: "ppo", name: "objective/kl")
    #expect(curve.map(\.step) == [0, 1])
    #expect(curve[0].value.isNaN)
    #expect(curve[1].value == 0.5)
    #expect(try store.metrics(of: run).count == 3)

    try store.insert([ScoreRecord(runId: run, stage: "label", item: "c1/a", value: .nan)])
    try store.insert([ScoreRecord(runId: run, stage: "label", item: "c1/a", value: -2.5)])
    #expect(try store.scores(of: run, stage: "label").map(\.value) == [-2.5])
  }

  @Test func evaluationsKeepTheOrderOfTheSystems() throws {
    func row(_ system: String, _ category: String?, _ mean: Double) -> EvaluationRecord {
      EvaluationRecord(
        runId: run, system: system, metric: "harmfulness", category: category, mean: mean,
        low: mean - 0.125, high: mean + 0.125, n: 64)
    }
    try store.insert([row("rl-cai", nil, 0.25), row("base", nil, 0.5)])
    try store.insert([row("base", "theft", 0.75), row("rl-cai", nil, 0.125)])
    #expect(
      try store.evaluations(of: run)
        == [row("rl-cai", nil, 0.125), row("base", nil, 0.5), row("base", "theft", 0.75)])
  }

  @Test func weightsOfARunAreOnePerRole() throws {
    let first = RunArtifactRecord(
      runId: run, role: "helpful-only", weightsHash: "aa", path: "examples/base")
    let second = RunArtifactRecord(
      runId: run, role: "rl-cai", weightsHash: "bb", sha256: "cc")
    try store.insert([first, second])
    try store.insert([first])
    #expect(try store.artifacts(of: run) == [first, second])
  }
}
