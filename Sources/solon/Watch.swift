import ArgumentParser
import Constitution
import Foundation
import Kernels
import LuaHost
import Report
import RunStore
import Stages

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "On every save: check, re-run a small slice, and show what the edit changed.",
    discussion: """
      The slice is everything before training: first responses, revisions, votes on pairs of the \
      starting model's answers, labels, and what the evaluator says of them. What the edit does \
      not touch comes from the record. Ctrl-C ends it.
      """)

  @Argument(help: "A Lua file that returns solon.experiment { … }.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @Option(name: .long, help: "Prompts of each set.")
  var limit: Int = 64

  @Option(name: .long, help: "Changed texts to show after each save.")
  var examples: Int = 3

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit \(limit): expected at least 1") }
    if examples < 0 { throw ValidationError("--examples \(examples): expected at least 0") }
  }

  func run() throws {
    try reportingFailure {
      try BLAS.load()
      let store = try RunStore(directory: project.runsDirectory)
      let watcher = SaveWatcher(root: project.root)
      var model: (name: String, start: StartingModel)?
      var previous: RunRecord?
      while true {
        let began = ContinuousClock.now
        let machine = try ScriptLoader(root: project.root).machine()
        do {
          let run = try slice(machine, store, &model)
          let seconds = (ContinuousClock.now - began) / .seconds(1)
          if let previous {
            let difference = try RunDifference(store: store, before: previous.id, after: run.id)
            let text = difference.text(width: terminalWidth(), examples: examples)
            Console.line(text.isEmpty ? "nothing changed" : text)
          } else {
            Console.line(try RunSummary(store: store, run: run.id).text(width: terminalWidth()))
          }
          Console.line(
            "run \(run.id) in \(Self.time(seconds)); watching \(machine.loadedScripts.count) files")
          previous = run
        } catch {
          // A broken edit: say so, keep the last good run, and wait for the next
          // save. Without a first good one there is nothing to wait with.
          Failure.show(error)
          guard previous != nil || !machine.loadedScripts.isEmpty else { throw ExitCode.failure }
          Console.line("waiting for the next save")
        }
        watcher.wait(for: machine.loadedScripts)
        Console.line("")
      }
    }
  }

  private func slice(
    _ machine: LuaVM, _ store: RunStore, _ model: inout (name: String, start: StartingModel)?
  ) throws -> RunRecord {
    let loaded = try ScriptLoader(root: project.root).load(
      file, kinds: "experiment", machine: machine)
    var experiment = try Experiment(loaded.value, overrides: settings.overrides)
    experiment.prompts.limit(to: limit)
    let hooks = ScriptHooks(
      vm: machine, constitution: experiment.constitution, evaluator: experiment.evaluator)
    let name = "\(experiment.model) bfloat16: \(experiment.computesInBfloat16)"
    if model?.name != name {
      model = (name, try StartingModel(experiment, root: project.root))
    }
    let lanes = Lanes.standardCount
    let pipeline = try Pipeline(
      experiment: experiment, hooks: hooks, store: store, start: model!.start,
      observer: SilentObserver(), lanes: lanes)
    return try pipeline.slice(
      as: .describing(
        experiment, overrides: settings.set, limit: limit, root: project.root, lanes: lanes),
      scripts: machine.loadedScripts)
  }

  private static func time(_ seconds: Double) -> String { String(format: "%.1f s", seconds) }
}

/// Waits until one of some files is saved.
struct SaveWatcher {
  let root: URL

  /// Returns when a file no longer has the text that was read, and has rested
  /// for a moment, so that an editor's save in several steps counts once.
  func wait(for scripts: [ScriptText]) {
    let files = scripts.map { (url: root.appendingPathComponent($0.path), text: $0) }
    var seen = files.map { Stamp($0.url) }
    while true {
      usleep(100_000)
      let now = files.map { Stamp($0.url) }
      if now == seen, differs(files) { return }
      seen = now
    }
  }

  private func differs(_ files: [(url: URL, text: ScriptText)]) -> Bool {
    files.contains { url, script in
      // A script is read without the mark, other texts with it.
      guard let data = try? Data(contentsOf: url) else { return false }
      return !data.elementsEqual(script.text.utf8)
        && !withoutByteOrderMark(data).elementsEqual(script.text.utf8)
    }
  }

  /// What changes when a file is saved.
  private struct Stamp: Equatable {
    var modified: Date?
    var size: Int?

    init(_ url: URL) {
      // Of what a link leads to, and of a new URL: one keeps what it has said.
      let file = URL(fileURLWithPath: realPath(url.path) ?? url.path)
      let values = try? file.resourceValues(
        forKeys: [.contentModificationDateKey, .fileSizeKey])
      modified = values?.contentModificationDate
      size = values?.fileSize
    }
  }
}
