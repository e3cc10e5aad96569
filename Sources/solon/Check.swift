import ArgumentParser
import Constitution
import Foundation
import LuaHost

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load a script and check everything that can be known without compute.")

  @Argument(help: "A file that returns an experiment, a constitution or a pretraining.")
  var file: String

  @OptionGroup var settings: OverrideOptions

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let loaded = try ScriptLoader(root: project.root).load(
        file, kinds: "experiment", "constitution", "pretraining")
      let table = loaded.value
      switch table.kind {
      case "experiment":
        let experiment = try Experiment(table, overrides: settings.overrides)
        let sets = experiment.prompts
        Console.line("\(file): experiment '\(experiment.name)' is sound")
        describe(experiment.constitution)
        Console.line(
          "  prompts       \(sets.harmful.count) harmful, \(sets.helpful.count) helpful; "
            + "held out: \(sets.harmfulHeldOut.count) harmful, \(sets.helpfulHeldOut.count) helpful"
        )
      case "constitution":
        Console.line("\(file): constitution is sound")
        describe(try Constitution(table))
      default:
        let pretraining = try Pretraining(table, overrides: settings.overrides)
        Console.line(
          "\(file): pretraining '\(pretraining.name)' is sound: \(pretraining.layers) layers of "
            + "\(pretraining.hidden), \(pretraining.tokens) tokens, into \(pretraining.output)")
      }
    }
  }

  private func describe(_ constitution: Constitution) {
    Console.line(
      "  constitution  '\(constitution.name)' version \(constitution.version): "
        + "\(constitution.revisionPrinciples.count) revision and "
        + "\(constitution.preferencePrinciples.count) preference principles")
    let functions = [
      ("draw", constitution.draw), ("keep", constitution.keep), ("label", constitution.label),
      ("reward", constitution.reward),
    ].compactMap { name, function in
      function.map { "\(name) (\($0.location.map(\.description) ?? "host"))" }
    }
    Console.line(
      "  functions     \(functions.isEmpty ? "none" : functions.joined(separator: ", "))")
  }
}
