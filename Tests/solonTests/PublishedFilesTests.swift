import Constitution
import Foundation
import LuaHost
import Testing

/// Where the published files lie when they are there: beside the checkout. They are
/// not part of this package.
private let published = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().appendingPathComponent("../../../shared/data/published")
  .standardizedFileURL

/// `solon import` on the published files themselves.
@Suite(
  .serialized,
  .enabled(
    if: FileManager.default.fileExists(atPath: published.path),
    "the published files are not in \(published.path)"))
struct PublishedFilesTests {
  private let project: ImportProject
  private let outcome: SolonProcess.Outcome
  private let constitution: Constitution

  init() throws {
    project = try ImportProject()
    outcome = try project.solon("import", published.path, "--output", "paper.lua")
    constitution = try Constitution(project.load("paper.lua"))
  }

  private func json<Value>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
    let data = try Data(contentsOf: published.appendingPathComponent(name))
    return try #require(JSONSerialization.jsonObject(with: data) as? Value)
  }

  private func render(_ name: TemplateName, _ values: [String: String]) throws -> String {
    guard case .text(let template)? = constitution.templates[name] else {
      throw ScriptError(message: "no text for \(name)")
    }
    return template.render(values).map(\.text).joined()
  }

  /// Equal byte for byte; texts that only look alike are not.
  private func expectBytes(
    _ text: String, _ expected: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(Array(text.utf8) == Array(expected.utf8), sourceLocation: sourceLocation)
  }

  @Test func importsCountsAndChecks() throws {
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(constitution.revisionPrinciples.map(\.id) == (0..<16).map { "harmful\($0)" })
    #expect(constitution.preferencePrinciples.map(\.id) == (0..<16).map { "preference\($0)" })
    #expect(
      constitution.exemplars.mapValues(\.count) == [
        .critique: 5, .revision: 5, .directRevision: 5, .compare: 5, .compareReason: 6,
      ])
    for line in [
      "4 of 5 end in the next turn's \"Human:\", 1 of 5 do not",
      "1 of 5 ask for a critique, 5 of 5 for a revision, in words of no principle",
      "2 of 6 do not begin with an empty line", "1 of 6 do not say", "2 A and 4 B",
    ] {
      #expect(outcome.output.contains(line), "\(outcome.output)")
    }
    let check = try project.solon("check", "paper.lua")
    #expect(check.status == 0, "\(check.errors)")
    #expect(check.output.contains("16 revision and 16 preference principles"))
  }

  @Test func principlesRenderAsPublished() throws {
    let entries: [String: [String: Any]] = try json("CritiqueRevisionInstructions.json")
    #expect(entries.count == 16)
    for principle in constitution.revisionPrinciples {
      let entry = try #require(entries[principle.id])
      let request = try #require(entry["prompt"] as? [String])[0]
      let edit = try #require(entry["edit_request"] as? String)
      let values = [
        "prompt": "P", "response": "R", "principle.critique": principle.critique,
        "critique": "C", "principle.revision": principle.revision,
      ]
      expectBytes(try render(.critique, values), "\n\nHuman: P\n\nAssistant: R" + request)
      expectBytes(
        try render(.revision, values), "\n\nHuman: P\n\nAssistant: R" + request + " C" + edit)
      expectBytes(try render(.directRevision, values), "\n\nHuman: P\n\nAssistant: R" + edit)
    }
    let choices: [String] = try json("RLMadisonInstructions.json")
    for (principle, text) in zip(constitution.preferencePrinciples, choices) {
      let values = [
        "prompt": "P", "a": "x", "b": "y", "principle.text": principle.text, "reasoning": "Z",
      ]
      for name in [TemplateName.compare, .compareReason, .compareAnswer] {
        let parts = try render(name, values).components(separatedBy: text)
        #expect(parts.count == 2)
        #expect(parts[1].hasPrefix("\n (A) [[[x]]]\n (B) [[[y]]]"))
      }
    }
  }

  @Test func exchangesAreWhole() throws {
    let entries: [String] = try json("CritiqueRevisionFewShotPrompts.json")
    let texts = try #require(constitution.exemplars[.critique])
    #expect(constitution.exemplars[.revision] == texts)
    // Joined, each is as published up to where the next one opens its turn.
    for (text, whole) in zip(texts, entries) {
      let open = whole.hasSuffix("\n\nHuman:")
      expectBytes(open ? text + "\n\nHuman:" : text, whole)
    }
    for (direct, text) in zip(try #require(constitution.exemplars[.directRevision]), texts) {
      let critique = try #require(text.range(of: "\n\nCritiqueRequest:"))
      let revision = try #require(text.range(of: "\n\nRevisionRequest:"))
      expectBytes(direct, text[..<critique.lowerBound] + String(text[revision.lowerBound...]))
    }
  }

  @Test func comparisonsAreWhole() throws {
    let entries: [[String: Any]] = try json("RLMadisonFewShotPrompts.json")
    let choices: [String] = try json("RLMadisonInstructions.json")
    for (text, entry) in zip(try #require(constitution.exemplars[.compare]), entries) {
      let prompt = try #require(entry["prompt"] as? String).dropLast("\n\nAssistant:".count)
      let better = try #require(entry["corrects"] as? [String])[0]
      let worse = try #require(entry["incorrects"] as? [String])[0]
      let readings = choices.flatMap { choice in
        [("A", better, worse), ("B", worse, better)].map { letter, a, b in
          "\n\nConsider the following conversation between a human and an assistant:\(prompt)\n\n"
            + "\(choice)\n (A) [[[\(a)]]]\n (B) [[[\(b)]]]\n\nThe answer is: (\(letter))"
        }
      }
      #expect(readings.count { Array($0.utf8) == Array(text.utf8) } == 1, "\(text)")
    }
    let answers = constitution.exemplars[.compare]?.compactMap { $0.suffix(2).first }
    #expect([["A", "A", "A", "B", "B"], ["A", "A", "B", "B", "B"]].contains(answers?.sorted()))
  }

  @Test func reasoningsAreWhole() throws {
    let entries: [[String: String]] = try json("RLMadisonPrecogFewShotPrompts.json")
    let choices: [String] = try json("RLMadisonInstructions.json")
    for (text, entry) in zip(try #require(constitution.exemplars[.compareReason]), entries) {
      let body = try #require(entry["prompt"]).drop { $0 == "\n" }
      let readings = choices.map { "\n\n" + body.replacingOccurrences(of: "{}", with: $0) }
      #expect(readings.count { Array($0.utf8) == Array(text.utf8) } == 1, "\(text)")
    }
  }

  /// The written data, before the script's functions change anything.
  @Test func dataStandsInTheScriptAsPublished() throws {
    let script = try project.read("paper.lua")
    let end = try #require(script.range(of: "return solon.constitution {"))
    try project.write(
      "data.lua",
      script[..<end.lowerBound]
        + "return { exchanges = exchanges, comparisons = comparisons, reasonings = reasonings }")
    let data = try project.load("data.lua")
    func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
    func read(_ list: String, _ field: String? = nil) throws -> [[UInt8]] {
      bytes(
        try #require(data[list].arrayValue).map { entry in
          let value = field.map { entry.tableValue?[$0] ?? .nil } ?? entry
          return value.stringValue ?? "no text"
        })
    }
    #expect(try read("exchanges") == bytes(json("CritiqueRevisionFewShotPrompts.json")))
    let comparisons: [[String: Any]] = try json("RLMadisonFewShotPrompts.json")
    #expect(
      try read("comparisons", "prompt") == bytes(comparisons.map { $0["prompt"] as! String }))
    #expect(
      try read("comparisons", "better")
        == bytes(comparisons.map { ($0["corrects"] as! [String])[0] }))
    #expect(
      try read("comparisons", "worse")
        == bytes(comparisons.map { ($0["incorrects"] as! [String])[0] }))
    let reasonings: [[String: String]] = try json("RLMadisonPrecogFewShotPrompts.json")
    #expect(try read("reasonings", "text") == bytes(reasonings.map { $0["prompt"]! }))
  }
}
