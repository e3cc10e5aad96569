import ArgumentParser
import Foundation
import Report
import RunStore

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a run from the record: figures, stages, transcripts.")

  @Argument(
    help: ArgumentHelp(
      "A run's id, its beginning, or a name; the latest run when left out.",
      valueName: "run"))
  var reference: String?

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let store = try RunStore(existing: project.runsDirectory)
      let record = try store.run(matching: reference)
      if json {
        Console.line(try RunJSON(store: store, run: record.id).text())
      } else {
        Console.line(try RunSummary(store: store, run: record.id).text(width: terminalWidth()))
      }
    }
  }
}
