import ArgumentParser
import Constitution
import Foundation
import Kernels
import LuaHost
import RunStore
import Stages

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a script: everything that `run` does, short of compute.",
    discussion: """
      Loads the file, calls every function on made-up inputs (several times and in another order, \
      so that hidden state shows), swaps A and B before `label`, measures token lengths against \
      the model's context, runs the *_test.lua beside each script, and prints what a run would \
      reuse and compute.
      """)

  @Argument(
    help: "A Lua file of the project: an experiment, a constitution, tests, or another.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @Option(name: .long, help: "Plan for N prompts of each set, as `run --limit` does.")
  var limit: Int?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): expected at least 1") }
  }

  func run() throws {
    try reportingFailure {
      var report = CheckReport(file: file)
      do {
        try check(&report)
      } catch let error as ScriptError {
        report.add(error)
      } catch {
        guard json else { throw error }
        report.add(ScriptError(message: String(describing: error)))
      }
      Console.line(json ? try report.json() : report.text())
      for error in json ? [] : report.failures { Failure.show(error) }
      if !report.isSound { throw ExitCode.failure }
    }
  }

  private static let whatIsChecked =
    "check a file that returns an experiment, an ablation, a constitution, a pretraining or a list "
    + "of tests"

  private func check(_ report: inout CheckReport) throws {
    let loader = ScriptLoader(root: project.root)
    let vm = try loader.machine()
    let value = try vm.load(file: URL(fileURLWithPath: file).standardizedFileURL)
    guard let table = value.tableValue, let kind = table.kind else {
      let isTest =
        file.hasSuffix("_test.lua") || value.tableValue?.array.first?.tableValue?.kind == "test"
      if isTest {
        report.kind = "tests"
        try report.add(ScriptTests(value, path: file, vm: vm).run(), of: file)
      } else if value.tableValue != nil {
        // A plain table is a module for other scripts.
        report.kind = "module"
        try runTests(&report, vm)
      } else {
        throw ScriptError(
          message:
            "returns a \(value.typeName), which cannot be checked by itself; \(Self.whatIsChecked)",
          file: file)
      }
      return
    }
    report.kind = kind
    switch kind {
    case "experiment":
      var experiment = try Experiment(table, overrides: settings.overrides)
      if let limit { experiment.prompts.limit(to: limit) }
      report.describe(experiment)
      var check = try CallbackCheck(experiment, vm: vm)
      report.add(check.run())
      if report.isSound { try plan(&report, experiment, vm) }
    case "ablation":
      try checkArms(&report, Ablation(table), vm)
    case "constitution":
      let constitution = try Constitution(table)
      report.describe(constitution)
      var check = try CallbackCheck(hooks: ScriptHooks(vm: vm, constitution: constitution))
      report.add(check.run())
    case "pretraining":
      let pretraining = try Pretraining(table, overrides: settings.overrides)
      report.rows.append(
        (
          "pretraining",
          "'\(pretraining.name)': \(pretraining.layers) layers of \(pretraining.hidden), "
            + "\(pretraining.tokens) tokens, into \(pretraining.output)"
        ))
    case "probes":
      let suite = try ProbeSuite(table, overrides: settings.overrides)
      report.rows.append(
        (
          "probes",
          "'\(suite.name)': \(suite.count) items of each of "
            + "\(suite.critiques.count + suite.judgements.count) kinds, model \(suite.model)"
        ))
      report.describe(suite.constitution)
    default:
      throw ScriptError(
        message: "returns what solon.\(kind) makes, which cannot be checked by itself; "
          + Self.whatIsChecked, file: file)
    }
    try runTests(&report, vm)
  }

  /// Calls the functions of every arm; stops at the first arm that is not sound.
  private func checkArms(_ report: inout CheckReport, _ ablation: Ablation, _ vm: LuaVM) throws {
    guard settings.overrides.isEmpty, limit == nil else {
      throw ValidationError("an ablation takes neither --set nor --limit here; edit its arms")
    }
    report.rows.append(
      (
        "ablation",
        "'\(ablation.name)': \(ablation.arms.count) arms, \(ablation.seeds.count) seeds, "
          + "\(ablation.figures.count) figures, \(ablation.claims.count) claims; "
          + "solon ablate --plan says what it would compute"
      ))
    var all = CallbackCheck.Report()
    for arm in ablation.arms {
      let experiment = try ablation.experiment(arm, seed: ablation.seeds[0])
      var check = try CallbackCheck(experiment, vm: vm)
      let found = check.run()
      for call in found.calls {
        if let index = all.calls.firstIndex(where: { $0.function == call.function }) {
          all.calls[index].count += call.count
        } else {
          all.calls.append(call)
        }
      }
      all.errors = found.errors.map { error in
        var error = error
        error.context = [error.context, "arm '\(arm.name)'"].compactMap { $0 }.joined(
          separator: ", ")
        return error
      }
      if !all.errors.isEmpty { break }
    }
    report.add(all)
  }

  /// Runs `x_test.lua` beside every script `x.lua` that was loaded.
  private func runTests(_ report: inout CheckReport, _ vm: LuaVM) throws {
    for script in vm.loadedScripts.map(\.path) where script.hasSuffix(".lua") {
      let path = script.dropLast(4) + "_test.lua"
      let url = vm.projectRoot.appendingPathComponent(String(path))
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      do {
        let tests = try ScriptTests(vm.load(file: url), path: String(path), vm: vm)
        report.add(tests.run(), of: String(path))
      } catch {
        report.add(error)
      }
    }
  }

  private func plan(
    _ report: inout CheckReport, _ experiment: Experiment, _ vm: LuaVM
  ) throws {
    let hooks = ScriptHooks(
      vm: vm, constitution: experiment.constitution, evaluator: experiment.evaluator)
    try BLAS.load()
    let start = try StartingModel(experiment, root: project.root)
    report.add(try TokenLengths(experiment, hooks: hooks, start: start))
    guard report.isSound else { return }
    // Without a record there is nothing to reuse, and none is made here.
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-check-\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let store = try existingRecord(or: scratch)
    let lanes = Lanes.standardCount
    let pipeline = try Pipeline(
      experiment: experiment, hooks: hooks, store: store, start: start,
      observer: SilentObserver(), lanes: lanes)
    report.plan = try pipeline.plan(
      .describing(
        experiment, overrides: settings.set, limit: limit, root: project.root, lanes: lanes),
      speed: .measured(for: experiment, lanes: lanes))
  }

  /// The project's record, or an empty one in `scratch` when there is none. A
  /// record that is there and cannot be opened is an error.
  private func existingRecord(or scratch: URL) throws -> RunStore {
    do {
      return try RunStore(existing: project.runsDirectory)
    } catch {
      guard error.code == .missing else { throw error }
      return try RunStore(directory: scratch)
    }
  }
}
