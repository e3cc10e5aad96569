import Constitution
import Foundation
import LuaHost
import Report
import Stages

/// What `solon check` found, for people and for machines.
struct CheckReport {
  let file: String
  var kind = ""
  /// What was looked at, in a few words each.
  var rows: [(name: String, text: String)] = []
  /// Errors in order of finding.
  private(set) var failures: [ScriptError] = []
  private(set) var warnings: [String] = []
  private(set) var tests: [(file: String, outcome: ScriptTests.Outcome)] = []
  private var calls: [(function: String, count: Int)] = []
  private var lengths: TokenLengths?
  var plan: Plan?

  init(file: String) {
    self.file = file
    for defect in LuaRelease.current.knownDefects {
      warnings.append("\(LuaRelease.current.name) \(defect)")
    }
  }

  var isSound: Bool { failures.isEmpty }

  mutating func add(_ error: ScriptError) { failures.append(error) }

  mutating func add(_ report: CallbackCheck.Report) {
    calls += report.calls
    failures += report.errors
    let total = report.calls.reduce(0) { $0 + $1.count }
    guard total > 0 else { return }
    let names = report.calls.map(\.function)
    rows.append(
      (
        "calls",
        report.errors.isEmpty
          ? "\(total) on made-up inputs: results in range, the same when repeated and reordered"
            + (names.contains("label") ? ", label symmetric" : "")
          : "\(total) on made-up inputs; \(report.errors.count) of \(names.count) functions failed"
      ))
  }

  mutating func add(_ outcomes: [ScriptTests.Outcome], of path: String) {
    tests += outcomes.map { (path, $0) }
    let failed = outcomes.compactMap(\.error)
    failures += outcomes.compactMap { outcome in
      outcome.error.map { error in
        var error = error
        error.context = "test \"\(outcome.name)\""
        return error
      }
    }
    rows.append(
      (
        "tests",
        failed.isEmpty
          ? "\(path): \(outcomes.count) passed"
          : "\(path): \(failed.count) of \(outcomes.count) failed"
      ))
  }

  mutating func add(_ lengths: TokenLengths) {
    self.lengths = lengths
    let longest = lengths.rows.max { $0.shortest < $1.shortest }
    if let longest {
      rows.append(
        (
          "lengths",
          "longest question before any answer: \(longest.shortest) of \(lengths.context) tokens "
            + "(\(longest.template))"
        ))
    }
    for row in lengths.impossible {
      failures.append(
        ScriptError(
          message: "templates.\(row.template): the longest prompt and principle alone make "
            + "\(row.shortest) tokens (\(row.exemplars) of them exemplars), and the model has "
            + "\(lengths.context) positions — shorten the template, the exemplars or the prompts"))
    }
    for row in lengths.tight {
      warnings.append(
        "templates.\(row.template): up to \(row.longest) tokens if every answer is as long as "
          + "max_tokens allows, and the model has \(lengths.context) positions; "
          + "a run stops at a question that does not fit")
    }
  }

  mutating func describe(_ constitution: Constitution) {
    rows.append(
      (
        "constitution",
        "'\(constitution.name)' version \(constitution.version): "
          + "\(constitution.revisionPrinciples.count) revision and "
          + "\(constitution.preferencePrinciples.count) preference principles, "
          + "\(constitution.templates.count) templates, "
          + "\(constitution.exemplars.values.reduce(0) { $0 + $1.count }) exemplars"
      ))
    let functions = [
      ("draw", constitution.draw), ("keep", constitution.keep), ("label", constitution.label),
      ("reward", constitution.reward),
    ].compactMap { name, function in
      function.map { "\(name) (\($0.location.map(\.description) ?? "host"))" }
    }
    rows.append(("functions", functions.isEmpty ? "none" : functions.joined(separator: ", ")))
    for name in TemplateName.allCases {
      guard case .text(let template)? = constitution.templates[name] else { continue }
      for slot in name.essentialSlots where !template.slots.contains(slot) {
        warnings.append(
          "templates.\(name.rawValue): has no {{\(slot)}}, so the answer cannot depend on it")
      }
    }
  }

  mutating func describe(_ experiment: Experiment) {
    rows.append(("experiment", "'\(experiment.name)' seed \(experiment.seed)"))
    describe(experiment.constitution)
    let sets = experiment.prompts
    rows.append(
      (
        "prompts",
        "\(sets.harmful.count) harmful, \(sets.helpful.count) helpful; held out: "
          + "\(sets.harmfulHeldOut.count) harmful, \(sets.helpfulHeldOut.count) helpful"
      ))
  }

  // MARK: Text

  func text() -> String {
    var lines = [
      isSound
        ? "\(file): \(kind) \(kind.hasSuffix("s") ? "are" : "is") sound"
        : "\(file): \(failures.count == 1 ? "1 error" : "\(failures.count) errors")"
    ]
    lines += rows.map {
      "  \($0.name.padding(toLength: 14, withPad: " ", startingAt: 0))\($0.text)"
    }
    lines += warnings.map { "  warning       \($0)" }
    if let plan { lines += ["", planText(plan)] }
    // Names come from scripts.
    return TerminalText.escaped(lines.joined(separator: "\n"), keepsLines: true)
  }

  private func planText(_ plan: Plan) -> String {
    var table = TextTable([
      .init("stage", .left), .init("items"), .init("calls on record"), .init("to make"),
      .init("model", .left), .init("about"),
    ])
    for stage in plan.stages {
      table.append([
        stage.name, String(stage.items), String(stage.callsReused), String(stage.callsToCompute),
        stage.trains.map { $0 ? "to train" : "on record" } ?? "", Self.time(stage.seconds),
      ])
    }
    let width = terminalWidth()
    return table.text(width: width)
      + "a run would take about \(Self.time(plan.seconds)) on this machine"
  }

  private static func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.5: "0 s"
    case ..<90: "\(Int(seconds.rounded())) s"
    case ..<5400: "\(Int((seconds / 60).rounded())) min"
    default: String(format: "%.1f h", seconds / 3600)
    }
  }

  // MARK: JSON

  private struct JSON: Encodable {
    struct Failure: Encodable {
      var message: String
      var file: String?
      var line: Int?
      var path: String?
      var context: String?
      var hint: String?
      var reason: String
      var traceback: [String]
    }
    struct Test: Encodable {
      var file: String
      var name: String
      var passed: Bool
    }
    struct Call: Encodable {
      var function: String
      var calls: Int
    }
    var file: String
    var kind: String
    var sound: Bool
    var errors: [Failure]
    var warnings: [String]
    var functions: [Call]
    var tests: [Test]
    var lengths: TokenLengths?
    var plan: Plan?
  }

  /// One object with sorted keys.
  func json() throws -> String {
    let object = JSON(
      file: file, kind: kind, sound: isSound,
      errors: failures.map {
        JSON.Failure(
          message: $0.message, file: $0.file, line: $0.line, path: $0.path, context: $0.context,
          hint: $0.hint, reason: $0.reason.rawValue, traceback: $0.traceback)
      }, warnings: warnings,
      functions: calls.map { JSON.Call(function: $0.function, calls: $0.count) },
      tests: tests.map {
        JSON.Test(file: $0.file, name: $0.outcome.name, passed: $0.outcome.error == nil)
      }, lengths: lengths, plan: plan)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(object), as: UTF8.self)
  }
}
