import ArgumentParser
import Constitution
import Foundation
import Kernels
import Report
import Stages

struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model's critiques and judgements on items with known answers.")

  @Argument(help: "A Lua file that returns solon.probes { … }.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let loaded = try ScriptLoader(root: project.root).load(file, kinds: "probes")
      let suite = try ProbeSuite(loaded.value, overrides: settings.overrides)
      try BLAS.load()
      let figures = try Stages.Probe(suite, hooks: ProbeHooks(vm: loaded.vm), root: project.root)
        .run()
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let object = ["figures": figures]
        Console.line(String(decoding: try encoder.encode(object), as: UTF8.self))
        return
      }
      Console.line("\(TerminalText.escaped(suite.name))  seed \(suite.seed)  model \(suite.model)")
      for figure in figures {
        Console.line(
          "  " + figure.task.padded(to: 24) + TerminalText.escaped(figure.kind).padded(to: 14)
            + figure.measure.padded(to: 16) + String(format: "%.3f", figure.value)
            + "  of \(figure.count)")
      }
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    padding(toLength: max(width, count + 1), withPad: " ", startingAt: 0)
  }
}
