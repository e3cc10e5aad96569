import ArgumentParser
import Foundation
import Report
import RunStore

struct WriteReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write an ablation, or one or more runs, as one HTML page; plots and data as files.")

  @Argument(
    help: ArgumentHelp(
      "An ablation's name or id, or runs by name or id; the latest run when left out.",
      valueName: "reference"))
  var references: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file, or a directory to write it in; reports/ beside the record when left out.",
      valueName: "path"))
  var output: String?

  @Flag(name: .long, help: "Also write each plot as SVG and PNG and its numbers as CSV.")
  var plots = false

  @OptionGroup var project: ProjectOptions

  func run() throws {
    try reportingFailure {
      let store = try RunStore(existing: project.runsDirectory)
      let page = try page(store)
      let file = destination(page)
      let directory = file.deletingLastPathComponent()
      do {
        try FileManager.default.createDirectory(
          at: directory, withIntermediateDirectories: true)
        try write(Data(page.html().utf8), to: file)
        guard plots else { return }
        for plot in page.plots {
          let base = directory.appendingPathComponent(plot.name)
          try write(Data(plot.svg().utf8), to: base.appendingPathExtension("svg"))
          try write(plot.png(), to: base.appendingPathExtension("png"))
          try write(Data(plot.csv().utf8), to: base.appendingPathExtension("csv"))
        }
      } catch let error as CocoaError {
        throw UsageError(
          "cannot write the report: \(file.path): \(error.localizedDescription)"
            + " (choose another place with --output)")
      }
    }
  }

  private func page(_ store: RunStore) throws -> ReportPage {
    for reference in references {
      guard let ablation = try store.ablation(matching: reference) else { continue }
      guard references.count == 1 else {
        throw UsageError(
          "'\(reference)' is an ablation (\(ablation.id)): a report is on one ablation alone, or "
            + "on runs")
      }
      return try ReportPage(store: store, ablation: ablation.id)
    }
    let runs =
      references.isEmpty
      ? [try store.run()] : try references.map { try store.run(matching: $0) }
    return try ReportPage(store: store, runs: runs.map(\.id))
  }

  private func destination(_ page: ReportPage) -> URL {
    let name = page.fileName + ".html"
    guard let output else {
      return project.runsDirectory.appendingPathComponent("reports", isDirectory: true)
        .appendingPathComponent(name)
    }
    let url = URL(fileURLWithPath: output).standardizedFileURL
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
    return output.hasSuffix("/") || (exists && isDirectory.boolValue)
      ? url.appendingPathComponent(name) : url
  }

  /// Writes a file and says so.
  private func write(_ data: Data, to file: URL) throws {
    try data.write(to: file, options: .atomic)
    Console.line(ReportFile.line(file, byteCount: data.count))
  }
}
