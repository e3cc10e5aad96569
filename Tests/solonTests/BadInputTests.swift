import Foundation
import Testing

/// Bad input ends in one clear line and exit code 1, before compute.
@Suite(.serialized) struct BadInputTests {
  private static let project = Result { try TinyProject() }

  /// Runs after `damage` on a fresh copy of the project, and expects one line
  /// on standard error that holds every one of `parts`.
  private func expectFailure(
    _ arguments: [String], status: Int32 = 1, parts: [String], beforeCompute: Bool = true,
    damage: (TinyCopy) throws -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let copy = try TinyCopy(of: Self.project.get())
    try damage(copy)
    let outcome = try SolonProcess.run(arguments, in: copy.root)
    #expect(outcome.status == status, "\(outcome.output)", sourceLocation: sourceLocation)
    let line = outcome.errors.split(separator: "\n").first.map(String.init) ?? ""
    for part in parts {
      #expect(
        outcome.errors.contains(part), "'\(part)' in: \(outcome.errors)",
        sourceLocation: sourceLocation)
    }
    if status == 1 {
      #expect(line.hasPrefix("solon: "), "\(line)", sourceLocation: sourceLocation)
    }
    if beforeCompute {
      #expect(!outcome.output.contains("] respond  "), sourceLocation: sourceLocation)
    }
  }

  @Test func missingModelFile() throws {
    try expectFailure(["run", "experiment.lua"], parts: ["base/model.safetensors"]) {
      try FileManager.default.removeItem(at: $0.url("base/model.safetensors"))
    }
  }

  @Test func truncatedWeights() throws {
    try expectFailure(["run", "experiment.lua"], parts: ["model.safetensors", "bytes"]) {
      let weights = try Data(contentsOf: $0.url("base/model.safetensors"))
      try weights.prefix(weights.count / 2).write(to: $0.url("base/model.safetensors"))
    }
  }

  @Test func foreignTokenizer() throws {
    try expectFailure(["run", "experiment.lua"], parts: ["tokenizer"]) {
      let url = $0.url("base/config.json")
      let text = try String(contentsOf: url, encoding: .utf8)
      let damaged = text.replacing(/"vocab_size" ?: ?\d+/, with: "\"vocab_size\": 64")
      #expect(text != damaged)
      try Data(damaged.utf8).write(to: url)
    }
  }

  @Test func rowWithoutPrompt() throws {
    try expectFailure(
      ["run", "experiment.lua"], parts: ["rows.jsonl:2", "text"]
    ) {
      try $0.write("rows.jsonl", "{\"id\": \"a\", \"text\": \"hello\"}\n{\"id\": \"b\"}\n")
      try $0.edit(
        "experiment.lua",
        "harmful = rows(\"h\", { \"paint\", \"colour\", \"dye\", \"tint\", \"stain\", \"daub\" })",
        "harmful = solon.jsonl \"rows.jsonl\"")
    }
  }

  @Test func misspeltField() throws {
    try expectFailure(
      ["check", "experiment.lua"],
      parts: ["constitution.lua:1", "preference_principle", "did you mean"]
    ) {
      try $0.edit("constitution.lua", "preference_principles", "preference_principels")
    }
  }

  @Test func rewardOfNaN() throws {
    try expectFailure(
      ["run", "experiment.lua"], parts: ["constitution.lua:", "reward", "nan", "ppo iteration"],
      beforeCompute: false
    ) {
      try $0.edit("constitution.lua", "return r.score end", "return 0 / 0 end")
    }
  }

  @Test func unwritableRecord() throws {
    try expectFailure(
      ["run", "experiment.lua", "--runs", "constitution.lua/runs"], parts: ["runs"])
  }

  @Test func promptLongerThanTheContext() throws {
    try expectFailure(["run", "experiment.lua"], parts: ["prompts.harmful[1]", "context of 160"]) {
      try $0.edit(
        "experiment.lua", "\"paint\", \"colour\", \"dye\"",
        "(\"paint \"):rep(200), \"colour\", \"dye\"")
    }
  }

  @Test func wrongUsageIs64() throws {
    try expectFailure(["run"], status: 64, parts: ["<file>"])
    try expectFailure(
      ["run", "experiment.lua", "--set", "seed"], status: 64, parts: ["path=value"])
  }

  @Test func unknownSetting() throws {
    try expectFailure(
      ["run", "experiment.lua", "--set", "stages.ppo.kl_coeficient=1"],
      parts: ["stages.ppo.kl_coeficient", "did you mean 'kl_coefficient'"])
  }
}

/// A copy of a project that a test may damage.
final class TinyCopy {
  let root: URL

  init(of project: TinyProject) throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-tests-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.copyItem(at: project.root, to: root)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }

  func write(_ name: String, _ text: String) throws {
    try FileManager.default.createDirectory(
      at: url(name).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url(name))
  }

  func edit(_ name: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOf: url(name), encoding: .utf8)
    #expect(text.contains(old))
    try write(name, text.replacingOccurrences(of: old, with: new))
  }
}
