import ArgumentParser
import Constitution
import Foundation
import Kernels
import LuaHost
import Report
import RunStore
import Stages

struct Ablate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run an experiment under several settings and seeds, and decide what differs.",
    discussion: """
      Prints the plan first. Runs that are on record are taken as they are, and what \
      runs have in common is computed once, so repeating the command resumes it. Ends \
      with the findings and figures; `solon report` makes a page of them.
      """)

  @Argument(help: "A Lua file that returns solon.ablation { … }.")
  var file: String

  @Flag(name: .long, help: "Print the plan and stop.")
  var plan = false

  @Option(name: .long, help: "Use only N prompts of each set, evenly spaced. For trying out only.")
  var limit: Int?

  @Flag(name: .long, help: "Print the findings and figures as one JSON object.")
  var json = false

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): expected at least 1") }
  }

  func run() throws {
    try reportingFailure {
      let loaded = try ScriptLoader(root: project.root).load(file, kinds: "ablation")
      let ablation = try Ablation(loaded.value)
      try BLAS.load()
      let store = try RunStore(directory: project.runsDirectory)
      let lanes = Lanes.standardCount
      let ablate = try Stages.Ablate(
        ablation, vm: loaded.vm, store: store, root: project.root, lanes: lanes, limit: limit)
      func describing(_ experiment: Experiment) -> RunRecord {
        .describing(experiment, overrides: [], limit: limit, root: project.root, lanes: lanes)
      }
      let planned = try ablate.plan(describing: describing, observer: SilentObserver())
      // What a person reads on the way; the JSON object stands alone.
      let say = json ? Console.error : { Console.line($0) }
      say(AblationProgress.text(planned, of: ablation, width: terminalWidth()))
      if plan { return }

      let progress = AblationProgress(say)
      let record: AblationRecord
      do {
        record = try ablate.run(
          as: AblationRecord(
            name: ablation.name, claim: ablation.claim,
            command: (["solon"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
            definition: ablation.resolved.json, machine: .current(lanes: lanes)),
          describing: describing, scripts: loaded.vm.loadedScripts, observer: progress,
          began: progress.began)
      } catch {
        say("stopped; the same command continues it")
        throw error
      }
      progress.end()
      let summary = try AblationSummary(store: store, ablation: record)
      Console.line(json ? try summary.json() : "\n" + summary.text(width: terminalWidth()))
    }
  }
}
