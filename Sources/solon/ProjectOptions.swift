import ArgumentParser
import Foundation

/// Where the project and its record are.
struct ProjectOptions: ParsableArguments {
  @Option(name: .long, help: "The project's root: scripts and paths are found from here.")
  var project: String = "."

  @Option(name: .long, help: "The directory of the record.")
  var runs: String = "runs"

  var root: URL { URL(fileURLWithPath: project, isDirectory: true).standardizedFileURL }

  var runsDirectory: URL {
    URL(fileURLWithPath: runs, isDirectory: true, relativeTo: root).standardizedFileURL
  }
}
