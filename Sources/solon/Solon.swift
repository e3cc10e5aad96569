import ArgumentParser

@main
struct Solon: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "solon",
    abstract: "Train a harmless assistant from principles written in Lua.",
    version: ToolVersion.current,
    subcommands: [
      Run.self, Show.self, Check.self, Repl.self, Pretrain.self, Probe.self, Generate.self,
      LogProbs.self,
    ])
}

enum ToolVersion {
  static let current = "0.1.0"
}
