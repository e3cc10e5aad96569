import Constitution
import Foundation
import LuaHost
import Testing

/// What is made from the definitions of the script functions is up to date,
/// and its examples run.
@Suite(.serialized) struct APITests {
  private static let project = Result { try TinyProject() }

  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func api(_ form: String) throws -> String {
    let outcome = try SolonProcess.run(
      ["api", form], in: FileManager.default.temporaryDirectory)
    #expect(outcome.status == 0)
    return outcome.output
  }

  @Test(arguments: [
    ("types", "constitutions/meta/solon.lua"), ("page", "constitutions/REFERENCE.md"),
  ])
  func generatedFilesAreUpToDate(form: String, path: String) throws {
    let committed = try String(
      contentsOf: Self.repository.appendingPathComponent(path), encoding: .utf8)
    #expect(try api(form) == committed, "\(path) is stale: run scripts/generate-api")
  }

  /// A script written for a released level must go on working.
  @Test func releasedLevelsAreKept() throws {
    let current = try ScriptAPIRecord(json: Data(api("record").utf8))
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Recorded")
    for level in 1...current.level {
      let file = folder.appendingPathComponent("api-level-\(level).json")
      let record = try ScriptAPIRecord(json: Data(contentsOf: file))
      #expect(record.level == level)
      #expect(record.breaks(in: current) == [])
      for (name, function) in current.functions where function.since <= level {
        #expect(record.functions[name] != nil, "\(name) says it is in level \(level)")
      }
    }
  }

  @Test func everyFunctionIsDescribed() throws {
    let root = FileManager.default.temporaryDirectory
    for section in ScriptLibrary.sections(root: root) {
      for function in section.functions + section.objects.flatMap(\.methods) {
        #expect(!function.summary.isEmpty, "\(function.name)")
        #expect(!function.example.isEmpty, "\(function.name)")
        #expect(function.since <= ScriptLibrary.level)
      }
    }
  }

  /// Every example of the reference, in the order it stands there, in one
  /// session on a project with a model and a run: nothing in it fails.
  @Test func everyExampleRuns() throws {
    let copy = try TinyCopy(of: Self.project.get())
    #expect(try SolonProcess.run(["run", "experiment.lua"], in: copy.root).status == 0)
    try copy.write("examples/data/prompts.jsonl", "{\"text\": \"hello\"}\n")
    try copy.write("examples/quickstart.lua", "return require \"experiment\"")
    try copy.write("examples/microworld/pretrain.lua", "return require \"pretrain\"")
    try copy.write(
      "examples/microworld/bars.lua",
      """
      return solon.probes { name = "bars", model = "base", constitution = require "constitution" }
      """)
    let page = try api("page")
    let examples = page.matches(of: /```lua\n([\s\S]*?)\n```/).map { String($0.1) }
    #expect(examples.count > 40)
    // The arguments of callbacks and tests exist during a call only: their
    // examples become the bodies of tests.
    let needCall = examples.map {
      $0.contains("ctx.rng") || ($0.contains("t:") && !$0.contains("function(t)"))
    }
    // A session has globals for the model, the constitution and a run.
    var input = """
      m = solon.model "base"
      c = require "constitution"
      e = require "experiment"
      run = solon.open()

      """
    var tests = ""
    for (index, example) in examples.enumerated() {
      if needCall[index] {
        tests += Self.test(example, index)
      } else {
        input += "do\n\(example)\nend\nprint(\"example \(index) ran\")\n"
      }
    }
    let outcome = try SolonProcess.run(
      ["repl"], in: copy.root, input: Data(input.utf8), deadline: 120)
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
    for index in examples.indices where !needCall[index] {
      #expect(outcome.output.contains("example \(index) ran"), "\(examples[index])")
    }
    try copy.write("examples_test.lua", "local c = require \"constitution\"\nreturn {\n\(tests)}\n")
    let checked = try SolonProcess.run(["check", "examples_test.lua"], in: copy.root)
    #expect(checked.errors == "")
    #expect(checked.output.contains("\(needCall.count { $0 }) passed"), "\(checked.output)")
  }

  /// The example as a test, where `t` and a draw's `ctx` exist.
  private static func test(_ example: String, _ index: Int) -> String {
    """
    solon.test("example \(index)", function(t)
      local ctx = t:draw_context { principles = c.revision_principles }
      do
        \(example)
      end
    end),

    """
  }
}
