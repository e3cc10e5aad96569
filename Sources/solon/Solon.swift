import ArgumentParser

@main
struct Solon: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solon",
    abstract: "Train a harmless assistant from principles written in Lua.",
    version: ToolVersion.current,
    subcommands: [
      Run.self, Ablate.self, Check.self, Repl.self, Watch.self, Show.self, Runs.self, Diff.self,
      WriteReport.self, Import.self, Pretrain.self, Probe.self, Generate.self, LogProbs.self,
      Bench.self, API.self,
    ])
}

enum ToolVersion {
  static let current = "0.1.0"
}
