import Constitution
import Foundation
import LuaHost
import Testing

@Suite struct AblationTests {
  private func files(_ settings: String, label: String = "return 0.5") -> [String: String] {
    [
      "c.lua": ScriptProject.constitution(),
      "base.lua": """
      local function rows(name) return { { id = name, text = name } } end
      return solon.experiment {
        name = "base", constitution = require "c", model = "m",
        prompts = { harmful = rows "h", helpful = rows "g",
          harmful_heldout = rows "i", helpful_heldout = rows "j" },
        evaluator = { judge = print, compare = print, help_compare = function() \(label) end },
        stages = { compare = { chain_of_thought = false } },
      }
      """,
      "a.lua": """
      return solon.ablation { name = "a", base = require "base", \(settings) }
      """,
    ]
  }

  private func ablation(_ settings: String) throws -> Ablation {
    try Ablation(ScriptProject(files(settings)).load("a.lua"))
  }

  @Test func armsChangeWhatTheyNameAndNothingElse() throws {
    let ablation = try ablation(
      """
      seeds = { 3, 4 }, control = "plain",
      arms = { { name = "plain" }, { name = "clamped", x = 2, target = "theft",
        set = { ["stages.label.clamp"] = { 0.4, 0.6 }, ["stages.ppo.iterations"] = 2 } } }
      """)
    #expect(ablation.arms.map(\.name) == ["plain", "clamped"])
    #expect(ablation.arms[1].x == 2)
    #expect(ablation.arms[1].target == "theft")
    let plain = try ablation.experiment(ablation.arms[0], seed: 4)
    let clamped = try ablation.experiment(ablation.arms[1], seed: 3)
    #expect(plain.seed == 4 && clamped.seed == 3)
    #expect(plain.stages.label.clamp == nil)
    #expect(clamped.stages.label.clamp == 0.4...0.6)
    #expect(clamped.stages.ppo.iterations == 2)
    #expect(clamped.stages.revise.rounds == plain.stages.revise.rounds)
    #expect(clamped.name == "a/clamped")
  }

  @Test func aGridHasEveryCombination() throws {
    let ablation = try ablation(
      """
      vary = {
        ["stages.label.clamp"] = { false, { 0.2, 0.8 } },
        ["stages.ppo.iterations"] = { few = 1, many = 9 },
      }
      """)
    #expect(
      ablation.arms.map(\.name)
        == ["false, few", "false, many", "0.2-0.8, few", "0.2-0.8, many"])
    let last = try ablation.experiment(ablation.arms[3], seed: 1)
    #expect(last.stages.label.clamp == 0.2...0.8)
    #expect(last.stages.ppo.iterations == 9)
  }

  @Test func whatCannotBeRunIsRefusedBeforeAnythingIs() throws {
    for (settings, message) in [
      ("", "expected either arms or vary"),
      ("arms = {}", "expected at least one arm"),
      ("arms = { { name = 'x' }, { name = 'x' } }", "two arms are named 'x'"),
      ("arms = { { name = 'x/y' } }", "has a '/'"),
      ("arms = { { name = 'x' } }, control = 'y'", "no arm is named 'y'"),
      ("arms = { { name = 'x' } }, seeds = { 1, 1 }", "each once"),
      (
        "arms = { { name = 'x', set = { ['stages.ppo.clipp'] = 1 } } }",
        "unknown field (did you mean 'clip'?)"
      ),
      (
        "arms = { { name = 'x', set = { ['model.first'] = 1 } } }", "is a value, not a"
      ),
      ("arms = { { name = 'x', set = { seed = 1 } } }", "arm 'x' sets seed"),
      ("arms = { { name = 'x', set = { ['prompts.harmful'] = {} } } }", "on the same prompts"),
      ("arms = { { name = 'x', target = 'theft' } }", "name the control"),
      (
        "arms = { { name = 'x' } }, figures = { { name = 'f', title = 't', only = 'same_length' } }",
        "figures[1].only: has no effect here"
      ),
      (
        "arms = { { name = 'x' } }, claims = { { text = 't', metric = 'preferred', category = 'c', "
          + "lower = 'a', than = 'b' } }", "claims[1].category: has no effect here"
      ),
      (
        "arms = { { name = 'x' } }, claims = { { text = 't', lower = 'rl-cai', than = 'sl-cai', "
          + "at_equal_kl = true } }", "the systems 'rl-cai' of two arms"
      ),
      (
        "arms = { { name = 'x' } }, claims = { { text = 't', lower = 'z/rl-cai', than = 1 } }",
        "no arm is named 'z'"
      ),
      (
        "arms = { { name = 'x' } }, claims = { { text = 't', lower = 'a', higher = 'b', than = 1 } }",
        "expected either lower or higher"
      ),
      (
        "arms = { { name = 'x' } }, figures = { { name = 'a b', title = 't' } }",
        "use letters, digits and hyphens"
      ),
      ("vary = { seed = 3 }", "expected a list or table of values"),
    ] {
      let failure = try #require(ScriptProject(files(settings)).failure("a.lua"), "\(settings)")
      #expect(failure.message.contains(message), "\(settings): \(failure.message)")
    }
  }

  @Test func aFigureWithoutArmsHasAll() throws {
    let ablation = try ablation(
      """
      arms = { { name = "x" }, { name = "y" } },
      figures = { { name = "f", title = "t" }, { name = "g", title = "t", arms = { "y" } } },
      claims = { { text = "c", higher = "rl-cai", than = "y/sl-cai", margin = 0.5 } }
      """)
    #expect(ablation.figures[0].arms == ["x", "y"])
    #expect(ablation.figures[1].arms == ["y"])
    // A system alone is the first arm's.
    #expect(ablation.claims[0].subject == .init(arm: "x", system: "rl-cai"))
    #expect(!ablation.claims[0].isLower)
  }

  @Test func aFingerprintIsOfWhatIsComputed() throws {
    func fingerprint(
      _ settings: String, arm: Int = 0, seed: UInt64 = 1, label: String = "return 0.5"
    ) throws -> String {
      let project = try ScriptProject(files(settings, label: label))
      let ablation = try Ablation(project.load("a.lua"))
      var functions: [LuaFunction: String] = [:]
      return try ablation.experiment(ablation.arms[arm], seed: seed).fingerprint(
        vm: project.vm, functions: &functions)
    }
    let two = "arms = { { name = 'x' }, { name = 'y', set = { precision = 'bfloat16' } } }"
    let plain = try fingerprint(two)
    #expect(try fingerprint("arms = { { name = 'other name' } }") == plain)
    #expect(try fingerprint(two, label: "return 0.5 --[[ a comment ]]") == plain)
    #expect(try fingerprint(two, arm: 1) != plain)
    #expect(try fingerprint(two, seed: 2) != plain)
    #expect(try fingerprint(two, label: "return 0.25") != plain)
  }
}
