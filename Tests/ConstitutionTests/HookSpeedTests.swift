import Foundation
import LuaHost
import Testing

@testable import Constitution

@Suite struct HookSpeedTests {
  /// `label` and `reward` as stages call them, limits on and watched. The rates
  /// of an idle core are printed; the floor is low, so that a busy machine does
  /// not fail the suite.
  @Test func hooksAreFast() throws {
    let project = try ScriptProject([
      "c.lua": ScriptProject.constitution(
        """
        label = function(votes, ctx)
          local sum = 0
          for _, vote in ipairs(votes) do sum = sum + vote.p end
          return sum / #votes
        end,
        reward = function(r) return r.score - 0.002 * math.max(0, r.length - 128) end,
        """)
    ])
    let vm = try LuaVM(
      projectRoot: project.root, library: ScriptLibrary.functions(root: project.root),
      objectTypes: ScriptLibrary.objects, watchdog: .shared)
    let table = try #require(
      try vm.load(file: project.root.appendingPathComponent("c.lua")).tableValue)
    let constitution = try Constitution(table)
    let hooks = ScriptHooks(vm: vm, constitution: constitution)
    let prompt = try Prompt(id: "prompt", text: "a prompt")
    let settings = try StageSettings()
    let votes = ["AB", "BA"].map {
      ScriptHooks.Vote(
        principle: constitution.preferencePrinciples[0], order: $0, probability: 0.7,
        logFirst: -0.3, logSecond: -1.2, reasoning: nil, parsed: true)
    }
    func rate(_ name: String, _ count: Int, _ body: () throws -> Double) rethrows -> Double {
      var sum = 0.0
      let time = try ContinuousClock().measure {
        for _ in 0..<count { sum += try body() }
      }
      #expect(sum > 0)
      let rate = Double(count) / (time / .seconds(1))
      print("\(name) calls per second: \(Int(rate))")
      return rate
    }
    let reward = try rate("reward", 100_000) {
      try hooks.reward(
        .init(
          score: 1.5, kl: 0.4, length: 140, ended: true, text: "an answer of some words",
          promptID: "prompt", iteration: 3))
    }
    func labels(_ name: String, _ votes: [ScriptHooks.Vote]) throws -> Double {
      try rate(name, 50_000) {
        try hooks.label(votes, for: prompt, a: "one", b: "two", settings: settings) ?? 0
      }
    }
    _ = try labels("label (1 vote)", [votes[0]])
    let label = try labels("label (2 votes)", votes)
    #expect(reward > 10_000 && label > 5_000)
  }
}
