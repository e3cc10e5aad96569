import Constitution
import Foundation
import LuaHost
import Testing

@Suite struct ExperimentTests {
  private func experiment(_ stages: String = "", rows: String = "") -> [String: String] {
    [
      "c.lua": ScriptProject.constitution(),
      "e.lua": """
      local function rows(name) return { { id = name, text = name } } end
      local heldout = rows "i"
      \(rows)
      return solon.experiment {
        name = "e", constitution = require "c", model = "m",
        prompts = { harmful = rows "h", helpful = rows "g",
          harmful_heldout = heldout, helpful_heldout = rows "j" },
        evaluator = { judge = print, compare = print, help_compare = print },
        stages = { compare = { chain_of_thought = false }, \(stages) },
      }
      """,
    ]
  }

  @Test func defaultsStandInOnePlace() throws {
    let project = try ScriptProject(experiment("ppo = { iterations = 3 }"))
    let stages = try Experiment(project.load("e.lua")).stages
    #expect(stages.ppo.iterations == 3)
    #expect(stages.ppo.rollouts == 96)
    #expect(stages.revise.rounds == 4)
    #expect(stages.label.clamp == nil)
  }

  @Test func overridesAreCheckedLikeTheScript() throws {
    let project = try ScriptProject(experiment())
    let table = try project.load("e.lua")
    func with(_ text: String) throws -> Experiment {
      try Experiment(table, overrides: [#require(Override(text))])
    }
    #expect(try with("stages.ppo.iterations=7").stages.ppo.iterations == 7)
    #expect(try with("seed=9").seed == 9)
    let failure = #expect(throws: ScriptError.self) { try with("stages.ppo.clipp=1") }
    #expect(failure?.message.contains("unknown field (did you mean 'clip'?)") == true)
    #expect(throws: ScriptError.self) { try with("stages.ppo.clip=-1") }
    #expect(throws: ScriptError.self) { try with("name.first=x") }
    #expect(Override("no equals") == nil)
    #expect(Override("=3") == nil)
  }

  @Test func heldOutPromptsStayHeldOut() throws {
    let project = try ScriptProject(
      experiment(rows: "heldout = { { id = \"other\", text = \"h\" } }"))
    let failure = try #require(project.failure("e.lua"))
    #expect(
      failure.message
        == "experiment.prompts.harmful_heldout[1].text: this held-out prompt is also in 'harmful', "
        + "which is trained on")
  }

  @Test func idsAreUnique() throws {
    let project = try ScriptProject(
      experiment(rows: "heldout = { { id = \"g\", text = \"new\" } }"))
    #expect(
      project.failure("e.lua")?.message.contains("'g' already names a prompt of 'helpful'") == true)
  }

  @Test func jsonLinesAreReadAndRefused() throws {
    func read(_ text: String, _ call: String = "solon.jsonl \"r.jsonl\"") throws -> (
      LuaTable?, String
    ) {
      let project = try ScriptProject(["r.jsonl": text, "s.lua": "return \(call)"])
      do {
        return (try project.load("s.lua"), "")
      } catch {
        return (nil, "\(error)")
      }
    }
    let (rows, _) = try read(
      "{\"prompt\": \"a b\", \"n\": 3, \"x\": 0.5, \"yes\": true, \"l\": [1, \"z\"]}\n\n"
        + "{\"id\": \"k\", \"text\": \"c\"}\n")
    let first = try #require(rows?.array.first?.tableValue)
    #expect(first["text"] == "a b")
    #expect(first["id"] == "r.jsonl:1")
    #expect(first["n"] == .integer(3))
    #expect(first["x"] == .number(0.5))
    #expect(first["yes"] == .boolean(true))
    #expect(first["l"] == [1, "z"])
    #expect(rows?.array.last?.tableValue?["id"] == "k")

    #expect(try read("{\"id\": 1}\n").1.contains("r.jsonl:1: has no prompt"))
    #expect(try read("{\"text\": \"a\"}\nnot json\n").1.contains("r.jsonl:2: is not a JSON object"))
    #expect(try read("\n").1.contains("holds no rows"))
    #expect(
      try read("version https://git-lfs.github.com/spec/v1\n").1.contains("git-lfs pointer"))
    #expect(
      try read("", "solon.jsonl \"../../etc/passwd\"").1.contains("lies outside the project"))
    #expect(try read("", "solon.jsonl \"missing.jsonl\"").1.contains("cannot be read"))
  }
}
