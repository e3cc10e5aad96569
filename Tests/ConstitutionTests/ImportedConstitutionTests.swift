import Foundation
import LuaHost
import Testing

@testable import Constitution

@Suite struct ImportedConstitutionTests {
  private let fixture: PublishedFixture
  private let script: String

  init() throws {
    fixture = try PublishedFixture()
    script = ConstitutionWriter(try fixture.prompts(), name: "it's \"paper\"").text
  }

  private func constitution(_ script: String? = nil) throws -> Constitution {
    try Constitution(ScriptProject(["c.lua": script ?? self.script]).load("c.lua"))
  }

  private func render(
    _ constitution: Constitution, _ name: TemplateName, _ values: [String: String]
  ) throws -> String {
    guard case .text(let template)? = constitution.templates[name] else {
      throw ScriptError(message: "no text for \(name)")
    }
    return template.render(values).map(\.text).joined()
  }

  @Test func sameFilesGiveTheSameScript() throws {
    #expect(try ConstitutionWriter(fixture.prompts(), name: "it's \"paper\"").text == script)
    #expect(try constitution().name == "it's \"paper\"")
  }

  @Test func linesFitTheirWidthWhereTheyHoldNoPublishedText() {
    for line in script.split(separator: "\n") where line.hasPrefix("--") || line.hasPrefix("  --") {
      #expect(line.count <= 100, "\(line)")
    }
  }

  @Test func theFrameAroundAPrincipleGivesThePublishedBytes() throws {
    let constitution = try constitution()
    let published =
      fixture.files[PublishedPrompts.instructionsFile] as! [String: [String: Any]]
    for principle in constitution.revisionPrinciples {
      let request = (published[principle.id]!["prompt"] as! [String])[0]
      let edit = published[principle.id]!["edit_request"] as! String
      let values = [
        "prompt": "P", "response": "R", "principle.critique": principle.critique,
        "critique": "C", "principle.revision": principle.revision,
      ]
      let conversation = "\n\nHuman: P\n\nAssistant: R"
      #expect(try render(constitution, .critique, values) == conversation + request)
      #expect(
        try render(constitution, .revision, values) == conversation + request + " C" + edit)
      #expect(try render(constitution, .directRevision, values) == conversation + edit)
    }
    let choices = fixture.texts(PublishedPrompts.choicesFile)
    for (principle, text) in zip(constitution.preferencePrinciples, choices) {
      let values = [
        "prompt": "P", "a": "x", "b": "y", "principle.text": principle.text, "reasoning": "Z",
      ]
      let options = text + "\n (A) [[[x]]]\n (B) [[[y]]]"
      #expect(
        try render(constitution, .compare, values)
          == "\n\nConsider the following conversation between a human and an assistant:"
          + "\n\nHuman: P\n\n\(options)\n\nThe answer is: (")
      let thoughts =
        "\n\nHuman: Consider the following conversation between a human (H) and an assistant (A):"
        + "\n\nH: P\n\n\(options)\n\nAssistant: Let's think step by step:"
      #expect(try render(constitution, .compareReason, values) == thoughts)
      #expect(
        try render(constitution, .compareAnswer, values)
          == thoughts + " Z\n\nHuman:\nSo the answer is: (")
    }
  }

  @Test func everyExchangeOpensOneTurn() throws {
    let constitution = try constitution()
    let published = fixture.texts(PublishedPrompts.exchangesFile)
    let expected = published.map {
      $0.hasSuffix("\n\nHuman:") ? String($0.dropLast("\n\nHuman:".count)) : $0
    }
    #expect(expected != published)
    #expect(constitution.exemplars[.critique] == expected)
    #expect(constitution.exemplars[.revision] == expected)
    // What the model sees, from the first text to the end of the template.
    let whole =
      constitution.prefix(of: .critique).map(\.text).joined()
      + (try render(
        constitution, .critique, ["prompt": "P", "response": "R", "principle.critique": "K"]))
    #expect(whole.ranges(of: "Human:").count == published.count + 1)
    #expect(whole.ranges(of: "\n\nHuman: ").count == published.count + 1)
  }

  @Test func directRevisionsHaveNoCritique() throws {
    let texts = try #require(constitution().exemplars[.directRevision])
    #expect(
      texts[0]
        == "\n\nHuman: Hm?\n\nAssistant: No.\n\nRevisionRequest: Mend it.\n\nRevision: Not yet.")
    #expect(!texts.joined().contains("Critique"))
  }

  @Test func comparisonsHoldADrawnPrincipleAndSide() throws {
    let texts = try #require(constitution().exemplars[.compare])
    let choices = fixture.texts(PublishedPrompts.choicesFile)
    var (used, answers): ([String], [String]) = ([], [])
    for (text, entry) in zip(texts, fixture.objects(PublishedPrompts.comparisonsFile)) {
      let prompt = (entry["prompt"] as! String).dropLast("\n\nAssistant:".count)
      let (better, worse) = (
        (entry["corrects"] as! [String])[0], (entry["incorrects"] as! [String])[0]
      )
      let readings = choices.flatMap { choice in
        [("A", better, worse), ("B", worse, better)].map { letter, a, b in
          (
            choice, letter,
            "\n\nConsider the following conversation between a human and an assistant:\(prompt)\n\n"
              + "\(choice)\n (A) [[[\(a)]]]\n (B) [[[\(b)]]]\n\nThe answer is: (\(letter))"
          )
        }
      }
      let reading = try #require(readings.first { $0.2 == text }, "\(text)")
      used.append(reading.0)
      answers.append(reading.1)
    }
    #expect(Set(used).count == 3)
    #expect(abs(answers.count { $0 == "A" } - answers.count { $0 == "B" }) == 1)
  }

  @Test func reasoningsHoldAPrincipleAndOpenOneTurn() throws {
    let texts = try #require(constitution().exemplars[.compareReason])
    let choices = fixture.texts(PublishedPrompts.choicesFile)
    for (text, entry) in zip(texts, fixture.objects(PublishedPrompts.reasoningsFile)) {
      let published = entry["prompt"] as! String
      let parts = published.trimmingPrefix("\n\n").trimmingPrefix("\n").components(
        separatedBy: "{}")
      #expect(choices.count { "\n\n" + parts[0] + $0 + parts[1] == text } == 1, "\(text)")
    }
    #expect(Set(texts.map { $0.prefix(9) }) == ["\n\nHuman: "])
  }

  @Test func theEndOfATurnGoesWhereSamplingMustStop() throws {
    let edited = script.replacing("local turn_end = \"\"", with: "local turn_end = \"<%1>\"")
    #expect(edited != script)
    let constitution = try constitution(edited)
    #expect(
      constitution.exemplars[.critique]?[0]
        == PublishedFixture.exchange(
          "Hm?", "No.", request: "Is it's tone cold?", revision: "Not yet.<%1>"
        ).replacing("It is.", with: "It is.<%1>"))
    #expect(constitution.exemplars[.directRevision]?[0].hasSuffix("Revision: Not yet.<%1>") == true)
    #expect(
      constitution.exemplars[.compareReason]?.allSatisfy {
        $0.contains("step by step: well.<%1>\n\nHuman:\nSo the answer is: (")
      } == true)
    #expect(
      try render(
        constitution, .revision,
        [
          "prompt": "P", "response": "R", "principle.critique": "K", "critique": "C",
          "principle.revision": "V",
        ]
      ).hasSuffix("\n\nCritique: C<%1>\n\nRevisionRequest: V\n\nRevision:"))
  }

  @Test func answersAreBalancedForAnyCount() throws {
    for count in 1...9 {
      fixture.files[PublishedPrompts.comparisonsFile] = (0..<count).map {
        PublishedFixture.comparison("Q\($0)?", "a", "b")
      }
      let draws = ExemplarDraws(try fixture.prompts())
      let answers = draws.comparisons.map(\.answer)
      #expect(answers.count == count)
      #expect(abs(answers.count { $0 == "A" } - answers.count { $0 == "B" }) == count % 2)
      #expect(Set(draws.comparisons.map(\.principle)).count == min(count, 4))
    }
  }

  @Test func labelIsTheClampedMeanOfTheVotesThatParsed() throws {
    let project = try ScriptProject(["c.lua": script])
    let constitution = try Constitution(project.load("c.lua"))
    let label = try #require(constitution.label)
    func vote(_ p: Double, _ parsed: Bool = true) -> LuaValue {
      ["p": .number(p), "parsed": .boolean(parsed)]
    }
    func result(_ votes: [LuaValue], clamp: LuaValue = .boolean(false)) throws -> LuaValue {
      try project.vm.call(label, [.table(LuaTable(array: votes)), ["clamp": clamp]])
    }
    #expect(try result([vote(0.5), vote(1), vote(0, false)]) == .number(0.75))
    #expect(
      try result([vote(0.5), vote(1)], clamp: [.number(0.4), .number(0.6)]) == .number(0.6))
    #expect(try result([vote(1, false)]).isNil)
  }
}
