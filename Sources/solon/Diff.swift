import ArgumentParser
import Foundation
import Report
import RunStore

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what changed from one run to another: settings, figures, labels and texts.")

  @Argument(help: "A run's id, its beginning, or a name.")
  var before: String

  @Argument(help: "Another; the latest run when left out.")
  var after: String?

  @Option(name: .long, help: "Changed texts to show.")
  var examples: Int = 3

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if examples < 0 { throw ValidationError("--examples \(examples): expected at least 0") }
  }

  func run() throws {
    try reportingFailure {
      let store = try RunStore(existing: project.runsDirectory)
      let (first, second) = (try store.run(matching: before), try store.run(matching: after))
      guard first.id != second.id else {
        throw UsageError("both are run \(first.id); name two different runs")
      }
      Console.line("from \(first.id) (\(first.name)) to \(second.id) (\(second.name))")
      let difference = try RunDifference(store: store, before: first.id, after: second.id)
      let text = difference.text(width: terminalWidth(), examples: examples)
      Console.line(text.isEmpty ? "nothing changed" : "\n" + text)
    }
  }
}
