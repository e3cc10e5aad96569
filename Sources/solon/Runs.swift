import ArgumentParser
import Foundation
import Report
import RunStore

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the runs on record, newest first.")

  @Option(name: .long, help: "At most so many.")
  var count: Int = 20

  @Flag(name: .long, help: "Print one JSON object a line.")
  var json = false

  @OptionGroup var project: ProjectOptions

  func validate() throws {
    if count < 1 { throw ValidationError("--count \(count): expected at least 1") }
  }

  func run() throws {
    try reportingFailure {
      let store = try RunStore(existing: project.runsDirectory)
      let runs = try store.runs(limit: count)
      Console.line(json ? RunList.json(runs) : RunList.text(runs, width: terminalWidth()))
    }
  }
}
