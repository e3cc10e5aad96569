import ArgumentParser
import Constitution
import Foundation
import Kernels
import Stages

struct Pretrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a tokenizer and a base model from scratch on documents that a script draws.")

  @Argument(help: "A Lua file that returns solon.pretraining { … }.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let loaded = try ScriptLoader(root: project.root).load(file, kinds: "pretraining")
      let pretraining = try Pretraining(loaded.value, overrides: settings.overrides)
      try BLAS.load()
      let output = project.root.appendingPathComponent(pretraining.output)
      let hash = try Stages.Pretrain(
        pretraining, hooks: PretrainingHooks(vm: loaded.vm, document: pretraining.document),
        observer: ConsoleObserver(), lanes: Lanes.standardCount,
        unfinished: project.runsDirectory.appendingPathComponent("unfinished")
      ).run(to: output)
      Console.line("wrote \(pretraining.output)  weights \(hash)")
    }
  }
}
