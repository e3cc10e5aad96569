import ArgumentParser
import Constitution
import Foundation
import Kernels
import LuaHost
import Report
import RunStore
import Stages

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Run an experiment: respond, revise, fine-tune, compare, label, prefer, reinforce, evaluate.",
    discussion: """
      Every model call and trained model is remembered in the record, so \
      repeating a run resumes it and an edit recomputes only what it changes.
      """)

  @Argument(help: "A Lua file that returns solon.experiment { … }.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @Option(name: .long, help: "Use only N prompts of each set, evenly spaced. For trying out only.")
  var limit: Int?

  @Flag(name: .long, help: "Say at the end where the time went, by stage and kernel.")
  var profile = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write training figures as TensorBoard event files, each run in a directory of DIR.",
      valueName: "DIR"))
  var tensorboard: String?

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if let limit, limit < 1 {
      throw ValidationError("--limit \(limit): expected at least 1")
    }
  }

  func run() throws {
    try reportingFailure {
      let loaded = try ScriptLoader(root: project.root).load(file, kinds: "experiment")
      var experiment = try Experiment(loaded.value, overrides: settings.overrides)
      if let limit { experiment.prompts.limit(to: limit) }
      let hooks = ScriptHooks(
        vm: loaded.vm, constitution: experiment.constitution, evaluator: experiment.evaluator)
      try BLAS.load()
      let store = try RunStore(directory: project.runsDirectory)
      let lanes = Lanes.standardCount
      let events = tensorboard.map {
        EventObserver(ConsoleObserver(), directory: URL(fileURLWithPath: $0, isDirectory: true))
      }
      let shown: any RunObserver = events ?? ConsoleObserver()
      let profile =
        profile ? RunProfile(shown, lanes: lanes, luaSeconds: { hooks.seconds }) : nil
      let pipeline = try Pipeline(
        experiment: experiment, hooks: hooks, store: store,
        start: StartingModel(experiment, root: project.root),
        observer: profile ?? shown, lanes: lanes)

      var begun: RunRecord?
      let run: RunRecord
      do {
        run = try pipeline.run(
          as: .describing(
            experiment, overrides: settings.set, limit: limit, root: project.root, lanes: lanes),
          scripts: loaded.vm.loadedScripts
        ) { record in
          begun = record
          events?.began(record)
          Console.line(
            "run \(record.id)  \(TerminalText.escaped(experiment.name))  constitution "
              + TerminalText.escaped(experiment.constitution.name)
              + "  seed \(experiment.seed)" + (limit.map { "  limit \($0) (for trying out)" } ?? "")
          )
        }
      } catch {
        if let begun { Console.line("run \(begun.id) stopped; the same command continues it") }
        throw error
      }
      Console.line("")
      Console.line(try RunSummary(store: store, run: run.id).text(width: terminalWidth()))
      if let profile {
        Console.line("")
        Console.line(profile.text)
      }
    }
  }
}
