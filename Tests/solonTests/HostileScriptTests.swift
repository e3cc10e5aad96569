import Foundation
import Testing

/// Every attack of `Hostile/` on the real program, in a process of its own: it
/// ends in time, not by a signal, and as its first line says.
@Suite(.serialized) struct HostileScriptTests {
  private static let scripts = Result { try HostileScript.all() }
  private static let project = Result {
    let project = try TinyProject()
    try project.write("tiny.lua", tinyModule)
    return project
  }

  /// A module that makes the tiny project's tables anew, with some parts
  /// replaced.
  private static var tinyModule: String {
    func function(_ file: String, _ kind: String) -> String {
      let text = TinyProject.files[file]!.replacingOccurrences(
        of: "return solon.\(kind) {", with: "local parts = {")
      return """
        local function \(kind)(changes)
        \(text)
        for name, part in pairs(changes) do parts[name] = part end
        return solon.\(kind)(parts)
        end

        """
    }
    return function("constitution.lua", "constitution")
      + function("experiment.lua", "experiment") + """
        local function prompts(changes)
          local function one(id, text)
            return { { id = id, text = text, category = "colour" } }
          end
          local sets = {
            harmful = one("h", "paint it"), helpful = one("g", "wash it"),
            harmful_heldout = one("x", "smear it"), helpful_heldout = one("y", "sew it"),
          }
          for name, set in pairs(changes) do sets[name] = set end
          return sets
        end
        return { constitution = constitution, experiment = experiment, prompts = prompts }
        """
  }

  @Test func everyRowHasAFile() throws {
    #expect(Set(try Self.scripts.get().map(\.row)) == Set(1...42))
  }

  @Test(arguments: try scripts.get())
  func endsAsItsFirstLineSays(_ script: HostileScript) throws {
    if let reason = script.disabled {
      withKnownIssue("\(reason)", isIntermittent: true) { try check(script) }
    } else {
      try check(script)
    }
  }

  private func check(_ script: HostileScript) throws {
    let copy = try TinyCopy(of: Self.project.get())
    try script.install(in: copy.root)
    let outcome = try SolonProcess.run(
      [script.command.rawValue, script.name], in: copy.root,
      deadline: script.command == .check ? 20 : 120)
    let said = "\(outcome.errors)\(outcome.output)"
    #expect(!outcome.wasKilled, "ended by signal \(outcome.status): \(said)")
    #expect(
      !said.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" },
      "control bytes reach the terminal: \(said.debugDescription)")
    switch script.outcome {
    case .fine:
      #expect(outcome.status == 0, "\(said)")
    case .error(let line, let texts):
      #expect(outcome.status == 1, "\(said)")
      // What the script printed may stand before it.
      let lines = outcome.errors.split(separator: "\n")
      let first = lines.first { $0.hasPrefix("solon: ") } ?? ""
      let place = line.map { "\(script.name):\($0): " } ?? ""
      #expect(first.hasPrefix("solon: \(place)"), "\(said)")
      for text in texts { #expect(first.contains(text), "\(said)") }
    }
  }

  @Test func aRunStoppedByAHostileRewardGoesOn() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let stages = ["respond", "revise", "finetune", "compare", "preference"]
    let honest = "reward = function(r) return r.score end"
    // Harmless on what the check before a run makes up.
    let hostile =
      "reward = function(r) while r.prompt_id:find(\"^[hg]\") do end return r.score end"
    try copy.edit("constitution.lua", honest, hostile)
    let stopped = try SolonProcess.run(["run", "experiment.lua"], in: copy.root)
    #expect(stopped.status == 1)
    #expect(stopped.errors.contains("script exceeded its instruction budget"), "\(stopped.errors)")
    #expect(stopped.errors.contains("(ppo iteration 1, prompt "), "\(stopped.errors)")
    #expect(stopped.output.contains("the same command continues it"), "\(stopped.output)")

    try copy.edit("constitution.lua", hostile, honest)
    let resumed = try SolonProcess.run(["run", "experiment.lua"], in: copy.root)
    #expect(resumed.status == 0, "\(resumed.errors)")
    let shown = try SolonProcess.run(["show", "--json"], in: copy.root)
    let object = try JSONSerialization.jsonObject(with: Data(shown.output.utf8))
    let rows = try #require((object as? [String: Any])?["stages"] as? [[String: Any]])
    for stage in stages {
      let row = try #require(rows.first { $0["name"] as? String == stage })
      #expect(row["computed"] as? Int == 0, "\(stage)")
      #expect(try #require(row["reused"] as? Int) > 0, "\(stage)")
    }
    let last = try #require(rows.first { $0["name"] as? String == "ppo" })
    #expect(last["computed"] as? Int == 1)
  }
}
