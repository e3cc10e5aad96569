import Foundation
import Testing

/// Ablations through the real program, on a project that trains in seconds.
@Suite(.serialized) struct AblateTests {
  private static let ablation = """
    local function arm(name, set)
      set["stages.ppo.iterations"] = 2
      return { name = name, set = set }
    end
    return solon.ablation {
      name = "tiny", claim = "labels matter", base = require "experiment", seeds = { 1, 2 },
      control = "random", bootstrap = 200,
      arms = {
        arm("labels", { ["stages.ppo.snapshots"] = 1, ["stages.evaluate.greedy"] = true }),
        arm("random", { ["stages.label.source"] = "random" }),
        arm("people, from the base", { ["stages.label.source"] = "evaluator",
          ["stages.label.instruction"] = "new", ["stages.label.noise"] = 1,
          ["stages.finetune.rounds"] = 0 }),
        arm("help alone", { ["stages.label.source"] = "none" }),
      },
      score_with = "labels",
      figures = {
        { name = "harm", title = "Harm", systems = { "helpful-only", "rl-cai" } },
        { name = "rounds", title = "Rounds", x = "revisions", metric = "preference_score" },
        { name = "training", title = "Training", x = "iterations", arms = { "labels" }, prompts = 3 },
        { name = "greedy", title = "Greedy", x = "iterations", arms = { "labels" }, systems = { " T=0" } },
        { name = "elo", title = "Elo", plot = "elo", instruction = "new" },
        { name = "kinds", title = "Kinds", plot = "categories", systems = { "rl-cai" } },
        { name = "principles", title = "Principles", plot = "principles", arms = { "labels" } },
        { name = "votes", title = "Votes", plot = "principles", metric = "agreement", arms = { "labels" } },
        { name = "raters", title = "Raters", plot = "agreement", systems = { "helpful-only" } },
        { name = "diversity", title = "Diversity", metric = "diversity", systems = { "helpful-only" } },
      },
      claims = {
        { text = "lower", lower = "rl-cai", than = "helpful-only" },
        { text = "at equal KL", lower = "labels/rl-cai", than = "random/rl-cai", at_equal_kl = true },
        { text = "never above nine", lower = "rl-cai", than = 9 },
        { text = "preferred", metric = "preferred", higher = "rl-cai", than = "random/rl-cai" },
      },
    }
    """

  private func ablate(_ project: TinyProject, _ arguments: String...) throws -> [String: Any] {
    let outcome = try SolonProcess.run(
      ["ablate", "ablation.lua", "--json"] + arguments, in: project.root)
    #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  private func points(_ object: [String: Any], _ figure: String) throws -> [[String: Any]] {
    let figures = try #require(object["figures"] as? [[String: Any]])
    let row = try #require(
      figures.first { ($0["figure"] as? [String: Any])?["name"] as? String == figure },
      "\(figure)")
    return try #require(row["points"] as? [[String: Any]])
  }

  @Test func everyArmIsRunOnceAndMeasured() throws {
    let project = try TinyProject()
    try project.write("ablation.lua", Self.ablation)
    let plan = try project.solon("ablate", "ablation.lua", "--plan")
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.output.contains("4 arms, 2 seeds, 8 runs"))
    #expect(plan.output.contains("8 runs to do"))

    let first = try ablate(project)
    let runs = try #require(first["runs"] as? [[String: Any]])
    #expect(runs.count == 8 && runs.allSatisfy { $0["isNew"] as? Bool == true })
    // Labels, random, people, help alone: each with both systems.
    #expect(try points(first, "harm").count == 8)
    #expect(try points(first, "rounds").map { $0["x"] as? Double }.prefix(3) == [0, 1, 2])
    let training = try points(first, "training").map { try #require($0["x"] as? Double) }
    #expect(training.count == 3 && training.contains(0) && training.contains(1))
    #expect(training == training.sorted() && training.last! <= 2)
    #expect(try points(first, "training").allSatisfy { $0["n"] as? Int == 3 })
    #expect(try points(first, "greedy").count == 3)
    #expect(try !points(first, "elo").isEmpty)
    #expect(try points(first, "principles").map { $0["label"] as? String } == ["calm", "warm"])
    let findings = try #require(first["findings"] as? [[String: Any]])
    #expect(findings.count == 4)

    // A point is the mean over seeds of what each run shows; a finding the difference.
    func harm(_ arm: String, _ system: String) throws -> Double {
      let ids = runs.filter { $0["arm"] as? String == arm }.compactMap { $0["run"] as? String }
      let means = try ids.map { id in
        let shown = try JSONSerialization.jsonObject(
          with: Data(project.solon("show", id, "--json").output.utf8))
        let evaluation = (shown as? [String: Any])?["evaluation"] as? [String: Any]
        let metrics = evaluation?[system] as? [String: Any]
        return try #require((metrics?["harmfulness"] as? [String: Any])?["mean"] as? Double)
      }
      return means.reduce(0, +) / Double(means.count)
    }
    for point in try points(first, "harm") {
      let series = try #require(point["series"] as? String)
      let label = try #require(point["label"] as? String)
      #expect(try abs(harm(series, label) - (point["y"] as? Double ?? .nan)) < 1e-9)
    }
    let difference = try harm("labels", "rl-cai") - harm("labels", "helpful-only")
    #expect(abs(difference - (findings[0]["value"] as? Double ?? .nan)) < 1e-9)
    #expect(findings[2]["verdict"] as? String == "holds")

    // Repeating takes every run as it is and measures the same.
    let second = try ablate(project)
    let again = try #require(second["runs"] as? [[String: Any]])
    #expect(again.allSatisfy { $0["isNew"] as? Bool == false })
    #expect(again.map { $0["run"] as? String } == runs.map { $0["run"] as? String })
    for figure in ["harm", "elo", "kinds", "raters"] {
      #expect(
        try points(second, figure).map { $0["y"] as? Double }
          == points(first, figure).map { $0["y"] as? Double }, "\(figure)")
    }

    // A new arm is the only run to do.
    try project.edit(
      "ablation.lua", "arm(\"help alone\"",
      "arm(\"flipped\", { [\"stages.label.source\"] = \"flipped\" }), arm(\"help alone\"")
    let third = try ablate(project)
    let extended = try #require(third["runs"] as? [[String: Any]])
    #expect(
      extended.filter { $0["isNew"] as? Bool == true }.map { $0["arm"] as? String }
        == ["flipped", "flipped"])
  }

  @Test func checkCallsTheFunctionsOfEveryArm() throws {
    let project = try TinyProject()
    try project.write(
      "ablation.lua",
      """
      local c = require "constitution"
      local copy = {}
      for name, value in pairs(c) do copy[name] = value end
      copy.reward = function(r) return r.score.value end
      return solon.ablation { name = "two", base = require "experiment",
        arms = { { name = "sound" }, { name = "broken", set = { constitution = solon.constitution(copy) } } } }
      """)
    let broken = try project.solon("check", "ablation.lua")
    #expect(broken.status == 1)
    #expect(broken.errors.contains("ablation.lua:4: attempt to index a number value"))
    #expect(broken.errors.contains("arm 'broken'"))
    try project.edit("ablation.lua", "r.score.value", "r.score")
    let sound = try project.solon("check", "ablation.lua")
    #expect(sound.status == 0, "\(sound.errors)")
    #expect(sound.output.contains("'two': 2 arms, 1 seeds, 0 figures, 0 claims"))
  }

  @Test func anArmIsTheExperimentWithItsSettings() throws {
    let project = try TinyProject()
    try project.write(
      "ablation.lua",
      """
      return solon.ablation { name = "one", base = require "experiment", seeds = { 3 },
        arms = { { name = "same" } } }
      """)
    let object = try ablate(project)
    let run = try #require((object["runs"] as? [[String: Any]])?.first?["run"] as? String)
    #expect(try project.solon("run", "experiment.lua").status == 0)
    func evaluation(_ reference: String) throws -> Data {
      let outcome = try project.solon("show", reference, "--json")
      let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let shown = try #require(object as? [String: Any])
      return try JSONSerialization.data(
        withJSONObject: try #require(shown["evaluation"]), options: .sortedKeys)
    }
    #expect(try evaluation(run) == evaluation("tiny"))
  }

  @Test func aSystemThatIsNotThereIsAnErrorWithTheOnesThatAre() throws {
    let project = try TinyProject()
    try project.write(
      "ablation.lua",
      """
      return solon.ablation { name = "one", base = require "experiment",
        arms = { { name = "short", set = { through = "revise" } } },
        claims = { { text = "c", lower = "sl-cai", than = 1 } } }
      """)
    let outcome = try project.solon("ablate", "ablation.lua")
    #expect(outcome.status != 0)
    #expect(outcome.errors.contains("no system is named 'sl-cai'; it has helpful-only, revision-1"))
  }
}
