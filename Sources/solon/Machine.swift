import Constitution
import Foundation
import Kernels
import LuaHost
import RunStore

extension MachineRecord {
  /// This machine and the libraries in use. Needs a loaded BLAS.
  static func current(lanes: Int) -> MachineRecord {
    MachineRecord(
      cpu: processorName(), cores: ProcessInfo.processInfo.processorCount, lanes: lanes,
      blasCore: BLAS.coreName, blasVersion: BLAS.libraryVersion,
      vectors: ProcessorVectors.current.rawValue,
      luaVersion: LuaRelease.current.name, toolVersion: ToolVersion.current,
      operatingSystem: ProcessInfo.processInfo.operatingSystemVersionString)
  }
}

extension RunRecord {
  /// The record of a run of `experiment` by this command line, here and now.
  /// Needs a loaded BLAS.
  static func describing(
    _ experiment: Experiment, overrides: [String], limit: Int?, root: URL, lanes: Int
  ) -> RunRecord {
    RunRecord(
      name: experiment.name, seed: Int64(experiment.seed),
      command: (["solon"] + CommandLine.arguments.dropFirst()).joined(separator: " "),
      experiment: experiment.resolved.json, overrides: overrides,
      constitutionName: experiment.constitution.name,
      constitutionVersion: experiment.constitution.version,
      constitutionHash: experiment.constitution.contentHash, limit: limit,
      machine: .current(lanes: lanes), gitCommit: currentCommit(in: root))
  }
}

private func processorName() -> String {
  let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  return line?.split(separator: ":").last.map {
    $0.trimmingCharacters(in: .whitespaces)
  } ?? "unknown"
}

/// The commit that `directory` is at, read from `.git`; nil outside a
/// repository.
func currentCommit(in directory: URL) -> String? {
  let git = directory.appendingPathComponent(".git")
  guard
    let head = try? String(contentsOf: git.appendingPathComponent("HEAD"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  else { return nil }
  guard head.hasPrefix("ref: ") else { return head }
  let reference = git.appendingPathComponent(String(head.dropFirst(5)))
  return try? String(contentsOf: reference, encoding: .utf8)
    .trimmingCharacters(in: .whitespacesAndNewlines)
}

/// Columns of the terminal; 100 when standard output is not one.
func terminalWidth() -> Int {
  var size = winsize()
  guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
    size.ws_col > 0
  else { return 100 }
  return Int(size.ws_col)
}
