import Foundation
import GRDB
import Testing

@testable import RunStore

@Suite struct RunTests {
  let directory: TemporaryDirectory
  let store: RunStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try RunStore(directory: directory.url.appendingPathComponent("runs"))
  }

  @Test func aRunComesBackAsItWasStored() throws {
    var draft = draftRun(seed: -5)
    draft.overrides = ["stages.ppo.iterations=5", #"name="a b""#]
    draft.limit = 32
    draft.gitCommit = "0123abc"
    draft.ablation = "principles"
    draft.variant = "theft_only"
    let scripts = [
      ScriptRecord(path: "examples/quickstart.lua", sha256: "aa", text: "return 1\n"),
      ScriptRecord(path: "constitutions/harmless.lua", sha256: "bb", text: "é\u{1F600}\n"),
    ]
    let begun = try store.begin(draft, scripts: scripts)
    #expect(begun.id.count == 6)
    #expect(begun.id.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    #expect(begun.status == .running)

    var read = try store.run(matching: begun.id)
    #expect(abs(read.startedAt.timeIntervalSince(begun.startedAt)) < 0.002)
    read.startedAt = begun.startedAt
    #expect(read == begun)
    let paths = try store.scripts(of: begun.id).map(\.path)
    #expect(paths == ["constitutions/harmless.lua", "examples/quickstart.lua"])
    #expect(try store.scripts(of: begun.id)[0].text == "é\u{1F600}\n")
  }

  @Test func finishingStoresStatusAndOutcome() throws {
    let run = try store.begin(draftRun())
    let outcome = RunOutcome(
      seconds: 12.5, luaSeconds: 0.25,
      preference: PreferenceOutcome(
        accuracy: 0.875, agreement: 0.75, calibrationError: 0.03125,
        calibration: [CalibrationBin(predicted: 0.1, observed: 0.125, n: 8)],
        trainingPairs: 90, heldOutPairs: 10, droppedPairs: 2),
      reason: "kl above 20 for 3 steps")
    try store.finish(run, status: .stopped, outcome: outcome)
    let read = try store.run(matching: run.id)
    #expect(read.status == .stopped)
    #expect(read.outcome == outcome)
    #expect(read.finishedAt != nil)
  }

  @Test func runsAreFoundByPrefixNameAndRecency() throws {
    let first = try store.begin(draftRun("a"))
    let second = try store.begin(draftRun("b"))
    let third = try store.begin(draftRun("a"))
    #expect(try store.run().id == third.id)
    #expect(try store.run(matching: "a").id == third.id)
    #expect(try store.run(matching: "b").id == second.id)
    #expect(try store.run(matching: first.id).id == first.id)
    #expect(try store.run(matching: first.id.uppercased()).id == first.id)
    #expect(try store.runs().map(\.id) == [third.id, second.id, first.id])
    #expect(try store.runs(limit: 2).map(\.id) == [third.id, second.id])
  }

  @Test func anAmbiguousPrefixIsAnErrorThatListsTheRuns() throws {
    for (index, identifier) in ["ab0001", "ab0002", "cd0001"].enumerated() {
      let run = try store.begin(draftRun("run \(index)"))
      try store.pool.write {
        try $0.execute(
          sql: "UPDATE run SET id = ? WHERE id = ?", arguments: [identifier, run.id])
      }
    }
    #expect(try store.run(matching: "c").id == "cd0001")
    #expect(try store.run(matching: "ab0002").id == "ab0002")
    let error = try #require(storeError { _ = try store.run(matching: "ab") })
    #expect(error.code == .noSuchRun)
    #expect(
      error.description
        == "run id 'ab' is ambiguous: ab0001, ab0002 — give more digits")
    // A wildcard is a character like any other.
    #expect(storeError { _ = try store.run(matching: "%") }?.code == .noSuchRun)
    #expect(storeError { _ = try store.run(matching: "") }?.code == .noSuchRun)
  }

  @Test func anEmptyStoreSaysSo() throws {
    let error = try #require(storeError { _ = try store.run() })
    #expect(
      error.description
        == "no runs yet — \(store.databaseURL.path) — start one with `solon run`")
  }

  @Test func runsOfAnAblationAreSelected() throws {
    var draft = draftRun()
    draft.ablation = "principles"
    let inside = try store.begin(draft)
    _ = try store.begin(draftRun())
    #expect(try store.runs(ablation: "principles").map(\.id) == [inside.id])
  }

  @Test func aRunOfThisProcessIsRunningAndOneOfADeadProcessInterrupted() throws {
    let run = try store.begin(draftRun())
    #expect(try store.run(matching: run.id).status == .running)
    // Same process number, another start: the number was given again.
    var reused = run
    reused.processStarted = "an-earlier-boot:1"
    try store.update(reused)
    #expect(try store.run(matching: run.id).status == .interrupted)
    // A run that has ended stays as it ended.
    try store.finish(reused, status: .finished, outcome: RunOutcome())
    #expect(try store.run(matching: run.id).status == .finished)
  }

  @Test func aStageIsOneRowThatIsUpdatedInPlace() throws {
    let run = try store.begin(draftRun())
    try store.save(StageRecord(runId: run.id, name: "respond", position: 0))
    try store.save(StageRecord(runId: run.id, name: "revise", position: 1))
    let done = StageRecord(
      runId: run.id, name: "respond", position: 0, fingerprint: "f0", status: .finished,
      items: 512, reused: 500, computed: 12, modelCallsReused: 1000,
      modelCallsComputed: 24, seconds: 1.5, luaSeconds: 0.125, detail: #"{"a":1}"#)
    try store.save(done)
    let stages = try store.stages(of: run.id)
    #expect(stages.map(\.name) == ["respond", "revise"])
    #expect(stages[0] == done)
  }

  @Test func removingARunRemovesItsRows() throws {
    let run = try store.begin(draftRun())
    try store.save(StageRecord(runId: run.id, name: "respond", position: 0))
    try store.insert([sample(run.id, "p1")])
    try store.pool.write { try $0.execute(sql: "DELETE FROM run") }
    #expect(try store.stages(of: run.id).isEmpty)
    #expect(try store.samples(of: run.id).isEmpty)
  }
}
