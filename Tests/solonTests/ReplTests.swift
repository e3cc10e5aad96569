import Foundation
import RunStore
import Testing

/// `solon repl` with its input from a pipe.
@Suite struct ReplTests {
  /// A directory with one constitution and what it requires.
  private final class Desk {
    let root: URL

    init() throws {
      root = FileManager.default.temporaryDirectory
        .appendingPathComponent("solon-repl-\(UUID().uuidString)", isDirectory: true)
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      try write("constitution.lua", TinyProject.files["constitution.lua"]!)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: root.appendingPathComponent(name))
    }

    func repl(_ arguments: String..., input: String) throws -> SolonProcess.Outcome {
      try SolonProcess.run(["repl"] + arguments, in: root, input: Data(input.utf8), deadline: 60)
    }
  }

  @Test func valuesArePrinted() throws {
    let outcome = try Desk().repl(
      input: """
        1 + 1
        x = 20
        x * 2.5, "text", nil
        { 1, 2, a = "b" }
        print("printed", x)
        nil
        local unseen = 3
        """)
    #expect(
      outcome.output == """
        2
        50.0
        text
        nil
        { 1, 2, a = "b" }
        printed\t20
        nil

        """)
    #expect(outcome.errors == "")
    #expect(outcome.status == 0)
  }

  @Test func aChunkMayTakeManyLines() throws {
    let outcome = try Desk().repl(
      input: """
        function double(x)

          return 2 * x
        end
        double(
          21
        )
        """)
    #expect(outcome.output == "42\n")
    #expect(outcome.status == 0)
  }

  @Test func anErrorIsPrintedAndTheSessionGoesOn() throws {
    let outcome = try Desk().repl(
      input: """
        x = 5
        x = x + nil
        x = {
        * 2
        unknown_name
        x
        """)
    #expect(outcome.output == "5\n")
    #expect(outcome.errors.contains("error: (input 2):1: attempt to perform arithmetic"))
    #expect(outcome.errors.contains("     1 | x = x + nil"))
    #expect(outcome.errors.contains("error: (input 3):2: unexpected symbol near '*'"))
    #expect(outcome.errors.contains("unknown name 'unknown_name'"))
    #expect(outcome.status == 1)
  }

  @Test func anUnfinishedChunkIsAnError() throws {
    let outcome = try Desk().repl(input: "1\nif true then\n  print(2)\n")
    #expect(outcome.output == "1\n")
    #expect(outcome.errors.contains("'end' expected"))
    #expect(outcome.status == 1)
  }

  @Test func invalidBytesAreRefused() throws {
    let desk = try Desk()
    let outcome = try SolonProcess.run(
      ["repl"], in: desk.root, input: Data([0x31, 0x0A, 0xFF, 0x0A, 0x32]), deadline: 60)
    #expect(outcome.output == "1\n2\n")
    #expect(outcome.errors.contains("not UTF-8"))
    #expect(outcome.status == 1)
  }

  @Test func quitEndsBeforeTheInputDoes() throws {
    let outcome = try Desk().repl(input: "1\n:quit\n2\n")
    #expect(outcome.output == "1\n")
    #expect(outcome.status == 0)
  }

  // MARK: Help

  @Test func theOverviewNamesEverything() throws {
    let outcome = try Desk().repl(input: ":help")
    for name in [":load FILE", ":reload", ":time", "solon.jsonl", "rng:choice", "Ctrl-C"] {
      #expect(outcome.output.contains(name), "\(name)")
    }
    #expect(outcome.status == 0)
  }

  @Test func aFunctionsPageComesFromItsDefinition() throws {
    let outcome = try Desk().repl(input: ":help solon.jsonl\n:help rng:index")
    for part in [
      "solon.jsonl(path, limit?) -> table[]", "Reads prompts.",
      "limit: integer in [1, 100000000], optional — read only the first rows",
      "since API level 1", "local rows = solon.jsonl(\"examples/data/prompts.jsonl\", 10)",
      "rng:index(count) -> integer",
    ] {
      #expect(outcome.output.contains(part), "\(part)")
    }
  }

  @Test func mistypedNamesAreSuggested() throws {
    let outcome = try Desk().repl(input: ":help solon.jsnol\n:help jsonl\n:lod x\n:load\n:quit now")
    #expect(outcome.errors.contains("no help on 'solon.jsnol' — did you mean 'solon.jsonl'?"))
    #expect(outcome.errors.contains("no help on 'jsonl' — did you mean 'solon.jsonl'?"))
    #expect(outcome.errors.contains("no command ':lod' — did you mean ':load'?"))
    #expect(outcome.errors.contains(":load needs an argument"))
    #expect(outcome.errors.contains(":quit takes no argument"))
    #expect(outcome.status == 1)
  }

  // MARK: Files

  @Test func aLoadedFileBecomesAGlobal() throws {
    let desk = try Desk()
    try desk.write("numbers.lua", "return { one = 1 }")
    try desk.write("table.lua", "return { two = 2 }")
    let outcome = try desk.repl(
      input: """
        :load constitution.lua
        constitution.revision_principles[2].id
        :load numbers.lua
        numbers.one
        :load table.lua
        loaded.two
        """)
    // Wherever the lines are broken.
    let words = outcome.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for part in [
      "constitution = constitution 'tiny': 1 preference principle; 2 revision principles;",
      "functions draw, keep, label, reward warm",
    ] {
      #expect(words.contains(part), "\(words)")
    }
    #expect(outcome.output.contains("numbers = { one = 1 }\n1\n"))
    // Nothing of Lua's is hidden by a file that happens to be called like it.
    #expect(outcome.output.contains("loaded = { two = 2 }\n2\n"))
    #expect(outcome.status == 0)
  }

  @Test func theFileOfTheCommandLineIsLoadedFirst() throws {
    let desk = try Desk()
    let outcome = try desk.repl("constitution.lua", input: "constitution.name")
    #expect(outcome.output.hasSuffix("\ntiny\n"))
    #expect(outcome.status == 0)

    let missing = try desk.repl("absent.lua", input: "1")
    #expect(missing.status == 64)
    #expect(missing.errors.contains("there is no file 'absent.lua'"))
    #expect(missing.output == "")

    try desk.write("broken.lua", "return {")
    let broken = try desk.repl("broken.lua", input: "1")
    #expect(broken.output == "1\n")
    #expect(broken.errors.contains("broken.lua:1: "))
    #expect(broken.status == 1)
  }

  @Test func aRunOfTheRecordIsBound() throws {
    let desk = try Desk()
    let store = try RunStore(directory: desk.root.appendingPathComponent("runs"))
    let run = try store.begin(
      RunRecord(
        name: "earlier", seed: 7, command: "solon run x.lua", experiment: "{}",
        constitutionName: "tiny", constitutionVersion: 2, constitutionHash: "00",
        machine: MachineRecord(
          cpu: "", cores: 1, lanes: 1, blasCore: "", luaVersion: "", toolVersion: "")),
      scripts: [])
    for reference in ["earlier", run.id, String(run.id.prefix(4))] {
      let outcome = try desk.repl(
        reference, input: "f = run:facts()\nf.id, f.seed, f.constitution")
      #expect(outcome.output.hasSuffix("\n\(run.id)\n7\ntiny\n"))
      #expect(outcome.status == 0)
    }
    let unknown = try desk.repl("later", input: "1")
    #expect(unknown.errors.contains("no run has the id or name 'later'"))
    #expect(unknown.output == "" && unknown.status == 1)
  }

  /// `stop` ends what a model writes, and is not part of it.
  @Test func answersEndAtStopTexts() throws {
    let copy = try TinyCopy(of: TinyProject())
    try copy.edit("constitution.lua", "name = \"tiny\",", "name = \"tiny\", stop = { \"e\" },")
    let outcome = try SolonProcess.run(
      ["repl"], in: copy.root,
      input: Data(
        """
        m, c = solon.model "base", require "constitution"
        for seed = 1, 12 do
          print("[" .. solon.revise(m, c, { prompt = "paint it", response = "red",
            critique = "not red", principle = "calm", seed = seed }) .. "]")
        end
        """.utf8), deadline: 60)
    let lines = outcome.output.split(separator: "\n")
    #expect(outcome.status == 0 && lines.count == 12, "\(outcome.errors)")
    // The model knows red, green and blue, each with an e.
    #expect(lines.allSatisfy { !$0.contains("e") }, "\(outcome.output)")
    #expect(lines.contains { $0 == "[r]" || $0 == "[gr]" || $0 == "[blu]" }, "\(outcome.output)")
  }

  @Test func withoutARecordThereIsNoRun() throws {
    let outcome = try Desk().repl("quickstart", input: "1")
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("runs"))
  }

  /// The session edits the files itself, by waiting for each edit to be made
  /// between two of its inputs.
  @Test func reloadSaysWhatAnEditChanged() throws {
    let desk = try Desk()
    try desk.write("words.lua", "return { calm = 'make it calm' }")
    try desk.write(
      "main.lua",
      """
      local words = require "words"
      local c = require "constitution"
      return { name = c.name, text = words.calm, f = function(x) return x + 1 end, list = { 1, 2 } }
      """)
    let session = try PipedSession(arguments: ["repl", "main.lua"], in: desk.root)
    try session.send("main.text", until: "make it calm")

    try session.send(":reload", until: "main is the same as before")
    #expect(session.output.contains("no script has changed"))

    try desk.write("words.lua", "return { calm = 'soothe it' }")
    try session.send(":reload", until: "main.text: \"make it calm\" → \"soothe it\"")
    #expect(session.output.contains("changed: words.lua"))
    try session.send("main.text", until: "\nsoothe it\n")

    // A comment and a moved line change no function.
    try desk.write(
      "main.lua",
      """
      local words = require "words"
      -- a comment
      return { text = words.calm, f = function(x) return x + 1 end, list = { 1, 5, 9 } }
      """)
    try session.send(":reload", until: "main.list[3]: added, 9")
    #expect(session.output.contains("main.list[2]: 2 → 5"))
    #expect(session.output.contains("main.name: removed, was \"tiny\""))
    #expect(!session.output.contains("main.f"))

    try desk.write(
      "main.lua",
      "return { text = 'soothe it', f = function(x) return x + 2 end, list = { 1, 5, 9 } }")
    try session.send(":reload", until: "main.f: function (main.lua:3) → function (main.lua:1)")

    // A broken edit leaves the value as it was.
    try desk.write("main.lua", "return {\n  text = = 1 }")
    try session.send(":reload", until: "main stays as it was")
    try session.send("main.list[3]", until: "\n9\n")
    try desk.write("main.lua", "return { text = 'mended' }")
    try session.send(":reload", until: "\"mended\"")
    let outcome = session.end()
    #expect(outcome.errors.contains("main.lua:2: "))
    #expect(outcome.status == 1)
  }

  @Test func principlesAreMatchedByTheirId() throws {
    let desk = try Desk()
    let session = try PipedSession(arguments: ["repl", "constitution.lua"], in: desk.root)
    try session.send("1", until: "\n1\n")
    let old = TinyProject.files["constitution.lua"]!
    try desk.write(
      "constitution.lua",
      old.replacingOccurrences(of: "make it warm", with: "warm it up")
        .replacingOccurrences(
          of: "{ id = \"calm\"",
          with: "{ id = \"new\", critique = \"c\", revision = \"r\" },\n{ id = \"calm\""))
    try session.send(":reload", until: "['new']: added")
    #expect(
      session.output.contains(
        "constitution.revision_principles['warm'].revision: \"make it warm\" → \"warm it up\""))
    #expect(!session.output.contains("['calm']"))
    #expect(session.end().status == 0)
  }

  @Test func timeIsReported() throws {
    let outcome = try Desk().repl(
      input: ":time (function() for i = 1, 200000 do end return 'done' end)()")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first == "done")
    #expect(lines.last?.contains(/^\d+\.\d{6} s, about 2\d{5} instructions$/) == true)
  }
}
