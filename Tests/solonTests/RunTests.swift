import Foundation
import Testing

/// The whole method through the real program, on a project that trains in
/// seconds.
@Suite(.serialized) struct RunTests {
  private struct Shown {
    var object: [String: Any]

    /// Model calls and trainings that a stage computed.
    func computed(_ stage: String) throws -> Int {
      try count(stage, "computed")
    }

    func reused(_ stage: String) throws -> Int {
      try count(stage, "reused")
    }

    private func count(_ stage: String, _ field: String) throws -> Int {
      let stages = try #require(object["stages"] as? [[String: Any]])
      let row = try #require(stages.first { $0["name"] as? String == stage })
      return try #require(row[field] as? Int)
    }

    func weights() throws -> [String: String] {
      try #require(object["weights"] as? [String: String])
    }

    func evaluationBytes() throws -> Data {
      try JSONSerialization.data(
        withJSONObject: try #require(object["evaluation"]), options: .sortedKeys)
    }
  }

  private func show(_ project: TinyProject) throws -> Shown {
    let outcome = try project.solon("show", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return Shown(object: try #require(object as? [String: Any]))
  }

  @discardableResult
  private func runAndShow(_ project: TinyProject, _ arguments: String...) throws -> Shown {
    let outcome = try SolonProcess.run(
      ["run", "experiment.lua"] + arguments, in: project.root)
    #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output)")
    return try show(project)
  }

  private let modelStages = ["respond", "revise", "compare", "evaluate"]
  private let trainingStages = ["finetune", "preference", "ppo"]

  @Test func editsRecomputeOnlyWhatTheyTouch() throws {
    let project = try TinyProject()
    let first = try runAndShow(project)
    for stage in modelStages + trainingStages {
      #expect(try first.computed(stage) > 0, "\(stage)")
    }
    let systems = try #require(first.object["evaluation"] as? [String: Any])
    for system in ["helpful-only", "revision-1", "revision-2", "sl-cai", "rl-cai"] {
      let metrics = try #require(systems[system] as? [String: Any], "\(system)")
      let harm = try #require(metrics["harmfulness"] as? [String: Any])
      #expect(Set(harm.keys) == ["mean", "low", "high", "n"])
      #expect(harm["n"] as? Int == 6)
      #expect(metrics["harmfulness_by_category"] as? [String: Any] != nil)
    }
    for role in ["helpful-only", "sl-cai", "preference-model", "rl-cai"] {
      #expect(try first.weights()[role]?.count == 64)
    }

    // Repeating computes nothing and gives the same bytes.
    let second = try runAndShow(project)
    for stage in modelStages + trainingStages {
      #expect(try second.computed(stage) == 0, "\(stage)")
      #expect(try second.reused(stage) > 0, "\(stage)")
    }
    #expect(try second.weights() == first.weights())
    #expect(try second.evaluationBytes() == first.evaluationBytes())

    // A comment changes nothing.
    try project.edit("constitution.lua", "return sum / #votes", "return sum / #votes -- mean")
    let commented = try runAndShow(project)
    for stage in modelStages + trainingStages {
      #expect(try commented.computed(stage) == 0, "\(stage)")
    }

    // Reward: only PPO and the evaluation of what it trained.
    try project.edit(
      "constitution.lua", "return r.score end", "return r.score - 0.1 * r.length end")
    let rewarded = try runAndShow(project)
    for stage in ["respond", "revise", "finetune", "compare", "preference"] {
      #expect(try rewarded.computed(stage) == 0, "\(stage)")
    }
    #expect(try rewarded.computed("ppo") == 1)

    // Label: no model call before the preference model.
    try project.edit("constitution.lua", "return sum / #votes", "return 1 - sum / #votes")
    let labelled = try runAndShow(project)
    for stage in ["respond", "revise", "finetune", "compare"] {
      #expect(try labelled.computed(stage) == 0, "\(stage)")
    }
    #expect(try labelled.computed("preference") == 1)
    #expect(try labelled.computed("ppo") == 1)

    // A principle: only the chains that drew it.
    try project.edit("constitution.lua", "is it warm?", "is it very warm?")
    let reworded = try runAndShow(project)
    #expect(try reworded.computed("respond") == 0)
    #expect(try reworded.computed("revise") > 0)
    #expect(try reworded.reused("revise") > 0)
  }

  @Test func aKilledRunGoesOnAndEndsTheSame() throws {
    let project = try TinyProject()
    let undisturbed = try runAndShow(project)
    try FileManager.default.removeItem(at: project.root.appendingPathComponent("runs"))

    let killed = try project.solon("run", "experiment.lua", killAfter: "] finetune")
    #expect(killed.status != 0)
    let resumed = try runAndShow(project)
    #expect(try resumed.computed("respond") == 0)
    #expect(try resumed.weights() == undisturbed.weights())
    #expect(try resumed.evaluationBytes() == undisturbed.evaluationBytes())
  }

  /// The whole method in bfloat16: with results of its own, and the same again.
  @Test func bfloat16RunsAndRepeats() throws {
    let project = try TinyProject()
    let exact = try runAndShow(project)
    let rounded = try runAndShow(project, "--set", "precision=bfloat16")
    for stage in modelStages + trainingStages {
      #expect(try rounded.computed(stage) > 0, "\(stage)")
    }
    #expect(try rounded.weights() != exact.weights())
    try FileManager.default.removeItem(at: project.root.appendingPathComponent("runs"))
    let again = try runAndShow(project, "--set", "precision=bfloat16")
    #expect(try again.weights() == rounded.weights())
    #expect(try again.evaluationBytes() == rounded.evaluationBytes())
  }

  /// Every stage has a row, and a row's shares make up its time.
  @Test func aProfileSaysWhereTheTimeWent() throws {
    let project = try TinyProject()
    let outcome = try project.solon("run", "experiment.lua", "--profile")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    // The summary has a table of stages, too.
    let first = try #require(lines.lastIndex { $0.hasPrefix("stage ") })
    let header = lines[first].split(separator: " ")
    #expect(header.contains("matmul") && header.contains("lua"))
    // Behind the headings and their rule.
    let rows = lines[(first + 2)...].map { $0.split(separator: " ").filter { $0 != "%" } }
    #expect(
      rows.map { String($0[0]) } == modelStages.prefix(2) + ["finetune", "compare", "label"]
        + ["preference", "ppo", "evaluate", "all"])
    let whole = try #require(rows.last)
    let shares = try whole.dropFirst(2).map { try #require(Double($0)) }
    #expect(shares.count == header.count - 2)
    #expect(abs(shares.reduce(0, +) - 100) <= Double(shares.count))
    let matmul = try #require(header.firstIndex(of: "matmul"))
    #expect(shares[matmul - 2] > 0)
  }

  /// One directory a run, with a file that holds every training stage's tags.
  @Test func figuresAreWrittenForTensorBoard() throws {
    let project = try TinyProject()
    let outcome = try project.solon("run", "experiment.lua", "--tensorboard", "events")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let events = project.root.appendingPathComponent("events")
    let runs = try FileManager.default.contentsOfDirectory(atPath: events.path)
    let run = try #require((try show(project).object["run"] as? [String: Any])?["id"])
    #expect(runs.count == 1 && runs[0].hasSuffix("-\(run)"), "\(runs)")
    let directory = events.appendingPathComponent(try #require(runs.first))
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(files.count == 1 && files[0].hasPrefix("events.out.tfevents."), "\(files)")
    let data = try Data(contentsOf: directory.appendingPathComponent(try #require(files.first)))
    for tag in ["finetune/loss", "preference/loss", "ppo/objective/kl"] {
      #expect(data.range(of: Data(tag.utf8)) != nil, "\(tag)")
    }
  }

  @Test func overridesAndLimitsAreRecorded() throws {
    let project = try TinyProject()
    let shown = try runAndShow(
      project, "--set", "stages.revise.rounds=1", "--set", "seed=5", "--limit", "4")
    let run = try #require(shown.object["run"] as? [String: Any])
    #expect(run["seed"] as? Int == 5)
    #expect(run["limit"] as? Int == 4)
    let systems = try #require(shown.object["evaluation"] as? [String: Any])
    #expect(systems["revision-1"] != nil)
    #expect(systems["revision-2"] == nil)
  }
}
