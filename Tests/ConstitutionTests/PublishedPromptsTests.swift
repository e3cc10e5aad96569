import Foundation
import Testing

@testable import Constitution

@Suite struct PublishedPromptsTests {
  @Test func principlesAreReadInTheOrderOfTheirNumbers() throws {
    let prompts = try PublishedFixture().prompts()
    #expect(prompts.revisionPrinciples.map(\.id) == (0...10).map { "harmful\($0)" })
    #expect(prompts.revisionPrinciples[0].critique == "Name the \"rude\" words.")
    #expect(prompts.revisionPrinciples[10].revision == "b10")
    #expect(prompts.preferencePrinciples.map(\.id) == (0...3).map { "preference\($0)" })
    #expect(prompts.preferencePrinciples[2].text == "100% {}: pick.")
  }

  @Test func quirksAreCounted() throws {
    let lines = try PublishedFixture().prompts().quirks
    let expected = [
      "critiques: 2 of 3 end in the next turn's \"Human:\", 1 of 3 do not",
      "critiques: 1 of 3 ask for a critique, 3 of 3 for a revision, in words of no principle",
      "critiques: 1 of 3 have a revision that changes nothing",
      "comparisons: 3 of 3 have neither principle nor letters",
      "reasonings: 2 of 3 do not begin with an empty line and \"Human:\"",
      "reasonings: 1 of 3 do not say whose labels H and A are",
      "reasonings: the answers are 1 A and 2 B",
    ]
    #expect(lines.count == expected.count)
    for (line, beginning) in zip(lines, expected) { #expect(line.hasPrefix(beginning), "\(line)") }
  }

  // MARK: Errors

  @Test func missingFilesAreNamedWithAllFive() throws {
    let fixture = try PublishedFixture()
    try fixture.write()
    try FileManager.default.removeItem(at: fixture.url(PublishedPrompts.choicesFile))
    let failure = try #require(fixture.failure())
    #expect(failure.hasPrefix("\(fixture.directory.path): has no RLMadisonInstructions.json — "))
    for name in PublishedPrompts.fileNames { #expect(failure.contains(name)) }
  }

  @Test(arguments: [
    (
      Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n".utf8),
      "is a git-lfs pointer, not the file — fetch it: git lfs pull"
    ),
    (Data("[\"abc\u{e9}".utf8) + [0xFF, 0x22], "is not UTF-8: invalid byte at offset 7"),
    (Data("[\"é".utf8).dropLast(), "is not UTF-8: invalid byte at offset 2"),
    (Data("[\"a\", ".utf8), "is not JSON: "),
    (Data(), "is not JSON: "),
    (Data([0x5B, 0, 0x5D, 0]), "is not JSON: a NUL byte at offset 1"),
    (Data("{}".utf8), "expected a list, got an object"),
    (Data("[]".utf8), "the list is empty"),
    (Data("[3]".utf8), "entry 1: expected a text, got a number, true or false"),
    (Data("[\"\\nA. Options:\", null]".utf8), "entry 2: expected a text, got null"),
  ])
  func aFileOfAnotherKind(_ data: Data, _ message: String) throws {
    let fixture = try PublishedFixture()
    try fixture.write()
    try data.write(to: fixture.url(PublishedPrompts.choicesFile))
    let failure = try #require(fixture.failure())
    #expect(failure.hasPrefix("RLMadisonInstructions.json: \(message)"), "\(failure)")
    #expect(!failure.contains("\n"))
  }

  @Test func aDirectoryIsNoFile() throws {
    let fixture = try PublishedFixture()
    try fixture.write()
    let url = fixture.url(PublishedPrompts.choicesFile)
    try FileManager.default.removeItem(at: url)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    #expect(fixture.failure() == "RLMadisonInstructions.json: is not an ordinary file")
  }

  /// Changes one file and expects this error in it.
  private func expect(
    _ name: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    change: (PublishedFixture) -> Any
  ) throws {
    let fixture = try PublishedFixture()
    fixture.files[name] = change(fixture)
    try fixture.write()
    let failure = fixture.failure() ?? "no error"
    #expect(
      failure.hasPrefix("\(name): \(message)") && !failure.contains("\n"), "\(failure)",
      sourceLocation: sourceLocation)
  }

  @Test func instructionsOfAnotherShape() throws {
    func expectEntry(
      _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
      change: (inout [String: [String: Any]]) -> Void
    ) throws {
      try expect(
        PublishedPrompts.instructionsFile, message, sourceLocation: sourceLocation
      ) { fixture in
        var entries = fixture.files[PublishedPrompts.instructionsFile] as! [String: [String: Any]]
        change(&entries)
        return entries
      }
    }
    try expectEntry(
      "has the key \"harmful10\" but no \"harmful4\" — the keys of 10 entries are harmful0 to harmful9"
    ) { $0["harmful4"] = nil }
    try expectEntry("has the key \"harmful01\" but no \"harmful1\" — the keys of 11 entries") {
      $0["harmful01"] = $0.removeValue(forKey: "harmful1")
    }
    try expectEntry("harmful2.prompt: expected a list of one text, got a list of 2") {
      $0["harmful2"]!["prompt"] = ["a", "b"]
    }
    try expectEntry("harmful2.prompt: expected a list of one text, got a list of 0") {
      $0["harmful2"]!["prompt"] = [String]()
    }
    try expectEntry("harmful2.prompt[1]: expected a text, got a number") {
      $0["harmful2"]!["prompt"] = [7]
    }
    try expectEntry("harmful2: the field 'edit_request' is missing") {
      $0["harmful2"]!["edit_request"] = nil
    }
    try expectEntry("harmful2: unknown field \"promt\" (did you mean 'prompt'?)") {
      $0["harmful2"]!["promt"] = $0["harmful2"]!.removeValue(forKey: "prompt")
    }
    try expectEntry(
      "harmful2.prompt: expected a text between \"\\n\\nCritiqueRequest: \" and \"\\n\\nCritique:\", "
        + "got \"\\nCritiqueRequest: x\\n\\nCritique:\""
    ) { $0["harmful2"]!["prompt"] = ["\nCritiqueRequest: x\n\nCritique:"] }
    try expectEntry("harmful2.edit_request: expected a text between \"\\n\\nRevisionRequest: \"") {
      $0["harmful2"]!["edit_request"] = "\n\nRevisionRequest: \n\nRevision:"
    }
    // One character with the frame's last space, and still after it.
    try expectEntry("harmful3.edit_request: expected a text between") {
      $0["harmful2"] = PublishedFixture.instruction("\u{301}", "b")
      $0["harmful3"]!["edit_request"] = "no frame"
    }
  }

  @Test func aKeyWrittenTwiceIsAnError() throws {
    let fixture = try PublishedFixture()
    try fixture.write()
    let url = fixture.url(PublishedPrompts.instructionsFile)
    func entry(_ key: String, _ text: String) -> String {
      "\"\(key)\": {\"prompt\": [\"\\n\\nCritiqueRequest: \\\"{\(text)\\n\\nCritique:\"], "
        + "\"edit_request\": \"\\n\\nRevisionRequest: a: b\\n\\nRevision:\"}"
    }
    try Data("{\(entry("harmful0", "a")), \(entry("harmful1", "b"))}".utf8).write(to: url)
    #expect(fixture.failure() == nil)
    for key in ["harmful0", "\\u0068armful0"] {
      try Data("{\(entry("harmful0", "a")), \(entry(key, "b"))}".utf8).write(to: url)
      #expect(
        fixture.failure()
          == "CritiqueRevisionInstructions.json: \"harmful0\" is the key of two entries of one "
          + "object — remove one")
    }
  }

  @Test func choicesWithoutTheirFrame() throws {
    try expect(
      PublishedPrompts.choicesFile,
      "entry 2: expected a text between \"\\n\" and \" Options:\", got"
    ) { _ in ["\nA. Options:", "B. Options:"] }
  }

  @Test func exchangesOfAnotherShape() throws {
    let whole = PublishedFixture.exchange("Q?", "A.", request: "r", revision: "v")
    for text in [
      whole.replacingOccurrences(of: "\n\nCritique: ", with: "\n\nThought: "),
      whole.replacingOccurrences(of: "\n\nAssistant: ", with: "\n\nA: "),
      String(whole.dropFirst()), whole + whole,
      whole.replacingOccurrences(of: "CritiqueRequest: ", with: "X: ")
        + "\n\nCritiqueRequest: late",
    ] {
      try expect(PublishedPrompts.exchangesFile, "entry 1: expected \"\\n\\nHuman: \", ") { _ in
        [text]
      }
    }
  }

  @Test func comparisonsOfAnotherShape() throws {
    func expectEntry(_ message: String, _ entry: [String: Any]) throws {
      try expect(PublishedPrompts.comparisonsFile, message) {
        $0.objects(PublishedPrompts.comparisonsFile) + [entry]
      }
    }
    var entry = PublishedFixture.comparison("Q?", "a", "b")
    entry["prompt"] = "\n\nHuman: Q?"
    try expectEntry("entry 4.prompt: expected a text from \"\\n\\nHuman: \" to", entry)
    entry = PublishedFixture.comparison("Q?", "a", "b")
    entry["corrects"] = ["a", "c"]
    try expectEntry("entry 4.corrects: expected a list of one text, got a list of 2", entry)
    entry["corrects"] = "a"
    try expectEntry("entry 4.corrects: expected a list of one text, got a text", entry)
    entry["corrects"] = nil
    try expectEntry("entry 4: the field 'corrects' is missing", entry)
  }

  @Test func reasoningsOfAnotherShape() throws {
    let whole =
      PublishedFixture.reasoning("\n\nHuman: ", "h", "a", answer: "A")["prompt"] as! String
    for text in [
      whole.replacingOccurrences(of: "{}", with: ""),
      whole.replacingOccurrences(of: "[[[a]]]", with: "[[[{}]]]"),
      whole.replacingOccurrences(of: "(A) [[[", with: "(A) "),
      whole.replacingOccurrences(of: "is: (A)", with: "is: (C)"),
      whole.replacingOccurrences(of: "is: (A)", with: "is: (A)."),
      whole.replacingOccurrences(of: "\n\nHuman: ", with: "\n\nA human: "),
    ] {
      try expect(PublishedPrompts.reasoningsFile, "entry 4.prompt: expected \"Human: \", once") {
        $0.objects(PublishedPrompts.reasoningsFile) + [["prompt": text]]
      }
    }
  }
}
