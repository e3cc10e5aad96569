import Foundation
import Testing

/// `solon check` as a process.
@Suite(.serialized) struct CheckTests {
  private static let project = Result { try TinyProject() }

  private struct Report: Decodable {
    struct Failure: Decodable {
      var message: String
      var file: String?
      var line: Int?
      var hint: String?
    }
    struct Test: Decodable {
      var file: String
      var name: String
      var passed: Bool
    }
    struct Plan: Decodable {
      struct Stage: Decodable {
        var name: String
        var items: Int
        var callsReused: Int
        var callsToCompute: Int
        var trains: Bool?
      }
      var stages: [Stage]
      var seconds: Double
    }
    var kind: String
    var sound: Bool
    var errors: [Failure]
    var warnings: [String]
    var tests: [Test]
    var plan: Plan?
  }

  private func check(
    _ arguments: [String] = ["experiment.lua"], in copy: TinyCopy
  ) throws -> (report: Report, status: Int32) {
    let outcome = try SolonProcess.run(["check", "--json"] + arguments, in: copy.root)
    return (
      try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8)), outcome.status
    )
  }

  @Test func aSoundExperimentIsPlanned() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let (report, status) = try check(in: copy)
    #expect(status == 0 && report.sound && report.kind == "experiment")
    let plan = try #require(report.plan)
    #expect(
      plan.stages.map(\.name) == [
        "respond", "revise", "finetune", "compare", "label", "preference", "ppo", "evaluate",
      ])
    // 12 training prompts; 6 of them twice criticised and revised.
    #expect(plan.stages[0].callsToCompute == 12)
    #expect(plan.stages[1].callsToCompute == 24)
    #expect(plan.stages.allSatisfy { $0.callsReused == 0 && $0.trains != false })
    #expect(plan.seconds > 0)
    // Nothing was recorded, not even a record.
    #expect(!FileManager.default.fileExists(atPath: copy.url("runs/solon.sqlite").path))
  }

  /// A plan is right when the run that follows does what it said.
  @Test func aPlanSaysWhatTheRunThenDoes() throws {
    let copy = try TinyCopy(of: Self.project.get())
    #expect(try SolonProcess.run(["run", "experiment.lua"], in: copy.root).status == 0)
    let repeated = try #require(try check(in: copy).report.plan)
    #expect(repeated.stages.allSatisfy { $0.callsToCompute == 0 && $0.trains != true })
    #expect(repeated.stages.reduce(0) { $0 + $1.callsReused } > 100)
    #expect(repeated.seconds < 1)

    // A new reward: PPO and the evaluation of what it makes.
    try copy.edit("constitution.lua", "return r.score end", "return 2 * r.score end")
    let reward = try #require(try check(in: copy).report.plan)
    #expect(reward.stages.filter { $0.trains == true }.map(\.name) == ["ppo"])
    #expect(reward.stages.filter { $0.callsToCompute > 0 }.map(\.name) == ["evaluate"])

    // One of two principles: the rounds that drew it, and what follows.
    try copy.edit("constitution.lua", "return 2 * r.score end", "return r.score end")
    try copy.edit("constitution.lua", "is it calm?", "is it quiet?")
    let edited = try #require(try check(in: copy).report.plan)
    let revise = edited.stages[1]
    #expect(revise.callsToCompute > 0 && revise.callsReused > 0)
    #expect(revise.callsToCompute + revise.callsReused == 24)
    let run = try SolonProcess.run(["run", "experiment.lua"], in: copy.root)
    let line = try #require(run.output.split(separator: "\n").first { $0.contains("] revise") })
    let computed = try #require(line.firstMatch(of: /(\d+) reused, (\d+) computed/))
    // A chain whose edited round came out as before goes on as before; the plan
    // cannot know that.
    #expect(try #require(Int(computed.2)) <= revise.callsToCompute)
    #expect(try #require(Int(computed.2)) > 0)
  }

  @Test func errorsAreToldWithPlaceAndHint() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.edit("constitution.lua", "return r.score end", "return r.score.value end")
    let (report, status) = try check(in: copy)
    #expect(status == 1 && !report.sound && report.plan == nil)
    #expect(report.errors.count == 1)
    #expect(report.errors[0].message == "attempt to index a number value (field 'score')")
    #expect(report.errors[0].file == "constitution.lua" && report.errors[0].line == 24)

    let outcome = try SolonProcess.run(["check", "experiment.lua"], in: copy.root)
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("experiment.lua: 1 error\n"))
    #expect(
      outcome.errors.hasPrefix(
        "solon: constitution.lua:24: attempt to index a number value (field 'score') "
          + "(ppo iteration 0, prompt synthetic 1)\n    24 |   reward = function(r)"))
  }

  @Test func syntaxErrorsAreToldAsJSON() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.write("broken.lua", "return solon.constitution {\n  name = 'x'\n  version = 1\n}")
    let (report, status) = try check(["broken.lua"], in: copy)
    #expect(status == 1)
    #expect(report.errors[0].line == 3)
    #expect(report.errors[0].message.contains("'}' expected"))
    #expect(report.errors[0].hint == "a comma may be missing between two fields of a table")
  }

  @Test func testsBesideScriptsAreRun() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.write(
      "constitution_test.lua",
      """
      local c = require "constitution"
      return {
        solon.test("label is a mean", function(t)
          t:near(c.label({ t:vote { p = 1 }, t:vote { p = 0 } }), 0.5)
        end),
        solon.test("reward doubles", function(t)
          t:equal(c.reward(t:reward_sample { score = 2 }), 4)
        end),
      }
      """)
    for file in ["experiment.lua", "constitution.lua", "constitution_test.lua"] {
      let (report, status) = try check([file], in: copy)
      #expect(status == 1)
      #expect(report.tests.map(\.name) == ["label is a mean", "reward doubles"], "\(file)")
      #expect(report.tests.map(\.passed) == [true, false])
      #expect(report.errors[0].message == "test:equal: expected 4, got 2.0")
      #expect(report.errors[0].file == "constitution_test.lua" && report.errors[0].line == 7)
    }
  }

  @Test func questionsThatCannotFitAreErrors() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.edit(
      "constitution.lua", "critique = \"<ask>{{prompt}}",
      "critique = \"\(String(repeating: "long ", count: 80))<ask>{{prompt}}")
    let (report, status) = try check(in: copy)
    #expect(status == 1)
    #expect(report.errors[0].message.hasPrefix("templates.critique: the longest prompt and "))
    #expect(report.errors[0].message.contains("the model has 160 positions"))
  }

  @Test func aMissingModelIsToldWhereItIsNamed() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let missing = copy.root.appendingPathComponent("nowhere").path
    try copy.edit("experiment.lua", "model = \"base\"", "model = \"\(missing)\"")
    let (report, status) = try check(in: copy)
    #expect(status == 1 && report.errors.count == 1)
    #expect(report.errors[0].file == "experiment.lua" && report.errors[0].line != nil)
    // An absolute path is taken as it is.
    #expect(
      report.errors[0].message.hasPrefix("experiment.model: \(missing): no such directory"))
  }

  @Test func aTemplateThatLeavesOutAnAnswerIsWarnedOf() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.edit("constitution.lua", "<b>{{b}}{{principle.text}}<answer>", "<b>{{a}}<answer>")
    let (report, status) = try check(["constitution.lua"], in: copy)
    #expect(status == 0)
    for slot in ["b", "principle.text"] {
      #expect(
        report.warnings.contains(
          "templates.compare: has no {{\(slot)}}, so the answer cannot depend on it"))
    }
  }

  @Test func whatScriptsPrintIsShownBesideTheReport() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.write(
      "printing_test.lua",
      """
      print("seen", "\\27[2J")
      return { solon.test("nothing", function(t) t:check(true) end) }
      """)
    let outcome = try SolonProcess.run(["check", "printing_test.lua"], in: copy.root)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "seen\t\\x1B[2J\n")
  }

  @Test func wrongUseIsRefused() throws {
    let copy = try TinyCopy(of: Self.project.get())
    try copy.write("number.lua", "return 3")
    #expect(try check(["number.lua"], in: copy).status == 1)
    #expect(
      try SolonProcess.run(["check", "experiment.lua", "--limit", "0"], in: copy.root).status
        == 64)
  }
}
