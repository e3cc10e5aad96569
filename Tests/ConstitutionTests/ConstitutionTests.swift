import Constitution
import KeyedRandom
import LuaHost
import Testing

@Suite struct ConstitutionTests {
  @Test func readsPrinciplesTemplatesAndFunctions() throws {
    let project = try ScriptProject([
      "c.lua": ScriptProject.constitution("reward = function(r) return r.score end,")
    ])
    let constitution = try Constitution(project.load("c.lua"))
    #expect(constitution.name == "small")
    #expect(constitution.version == 1)
    #expect(constitution.revisionPrinciples.map(\.weight) == [1, 3])
    #expect(constitution.preferencePrinciples.map(\.text) == ["Choose the better."])
    #expect(constitution.reward != nil)
    #expect(constitution.label == nil)
  }

  @Test(arguments: [
    ("nam = \"x\",", "c.lua:13: constitution.nam: unknown field (did you mean 'name'?)"),
    (
      "reward = 3,",
      "c.lua:13: constitution.reward: expected function, got number"
    ),
    (
      "version = 0,",
      "c.lua:13: constitution.version: expected an integer in [1, 1000000], got 0"
    ),
  ])
  func schemaErrorsSayWhereAndWhat(_ extra: String, _ message: String) throws {
    let project = try ScriptProject(["c.lua": ScriptProject.constitution(extra)])
    #expect(project.failure("c.lua")?.description == message)
  }

  @Test func idsMustDiffer() throws {
    let text = ScriptProject.constitution().replacing("\"two\"", with: "\"one\"")
    let project = try ScriptProject(["c.lua": text])
    #expect(
      project.failure("c.lua")?.message
        == "constitution.revision_principles[2].id: 'one' is already the id of [1]; ids must differ"
    )
  }

  @Test func placeholdersAreChecked() throws {
    let text = ScriptProject.constitution().replacing("{{response}}", with: "{{responce}}")
    let project = try ScriptProject(["c.lua": text])
    let failure = try #require(project.failure("c.lua"))
    #expect(
      failure.message
        == "constitution.templates.critique: unknown placeholder {{responce}} (did you mean "
        + "{{response}}?); this template may use {{prompt}}, {{response}}, {{principle.critique}}")
    #expect(failure.file == "c.lua")
  }

  @Test func aNewerScriptIsRefused() throws {
    let project = try ScriptProject(["c.lua": "solon.requires(1)\nsolon.requires(2)"])
    let failure = try #require(project.failure("c.lua"))
    #expect(failure.line == 2)
    #expect(failure.message.contains("needs script API level 2"))
  }
}

@Suite struct TemplateTests {
  private func template(_ source: String) throws -> Template {
    try Template(source, allowed: ["a", "b.c"], path: "t", location: nil)
  }

  @Test func slotsAreFilledOnceAndMarkedAsData() throws {
    let pieces = try template("x{{a}}y{{ b.c }}").render(["a": "{{b.c}}", "b.c": "<end>"])
    #expect(pieces.map(\.text) == ["x", "{{b.c}}", "y", "<end>"])
    #expect(pieces.map(\.isData) == [false, true, false, true])
  }

  @Test func brokenSlotsAreErrors() {
    for source in ["{{a", "{{}}", "{{ }}", "{{d}}"] {
      #expect(throws: ScriptError.self, "\(source)") { try template(source) }
    }
  }
}

@Suite struct HookTests {
  private func hooks(
    _ extra: String, _ judge: String = "return { harmfulness = 1, by_category = { x = 1 } }"
  ) throws -> (ScriptHooks, ScriptProject) {
    let project = try ScriptProject([
      "c.lua": ScriptProject.constitution(extra),
      "e.lua": """
      local function rows(name)
        return { { id = name .. "1", text = name .. " text", category = "x" } }
      end
      return solon.experiment {
        name = "e", constitution = require "c", model = "m",
        prompts = { harmful = rows "h", helpful = rows "g",
          harmful_heldout = rows "i", helpful_heldout = rows "j" },
        evaluator = {
          judge = function(prompt, text) \(judge) end,
          compare = function(prompt, a, b) return a < b and "a" or "b" end,
          help_compare = function() return "neither" end,
        },
        stages = { compare = { chain_of_thought = false } },
      }
      """,
    ])
    let experiment = try Experiment(project.load("e.lua"))
    return (
      ScriptHooks(
        vm: project.vm, constitution: experiment.constitution,
        evaluator: experiment.evaluator), project
    )
  }

  private func prompt(_ project: ScriptProject) throws -> Prompt {
    try Experiment(project.load("e.lua")).prompts.harmful[0]
  }

  @Test func drawsAreKeyedAndWeighted() throws {
    let (hooks, project) = try hooks(
      "draw = function(ctx) return ctx.rng:weighted(ctx.principles) end,")
    let prompt = try prompt(project)
    func draw(_ item: Int) throws -> String {
      try hooks.drawRevisionPrinciple(
        for: prompt, round: 1, key: RandomKey(seed: 1, stage: "d", item: item)
      ).id
    }
    let drawn = try (0..<2000).map(draw)
    #expect(try (0..<2000).map(draw) == drawn)
    let share = Double(drawn.count { $0 == "two" }) / 2000
    #expect(abs(share - 0.75) < 0.03)
  }

  @Test func drawMustReturnAPrinciple() throws {
    let (hooks, project) = try hooks("draw = function() return { id = \"three\" } end,")
    let prompt = try prompt(project)
    let failure = #expect(throws: ScriptError.self) {
      try hooks.drawRevisionPrinciple(
        for: prompt, round: 1, key: RandomKey(seed: 1, stage: "d", item: 0))
    }
    #expect(failure?.message == "draw: expected one of ctx.principles, got table")
    #expect(failure?.context == "revise round 1, prompt h1")
    #expect(failure?.file == "c.lua")
  }

  @Test(arguments: ["0/0", "1.5", "\"0.3\"", "true"])
  func labelMustBeAProbability(_ value: String) throws {
    let (hooks, project) = try hooks("label = function() return \(value) end,")
    let experiment = try Experiment(project.load("e.lua"))
    #expect(throws: ScriptError.self) {
      try hooks.label(
        [], for: experiment.prompts.harmful[0], a: "a", b: "b", settings: experiment.stages)
    }
  }

  @Test func withoutALabelFunctionVotesAreAveragedAndClamped() throws {
    let (hooks, project) = try hooks("")
    var experiment = try Experiment(project.load("e.lua"))
    let principle = experiment.constitution.preferencePrinciples[0]
    let votes = [0.9, 0.8].map {
      ScriptHooks.Vote(
        principle: principle, order: "AB", probability: $0, logFirst: 0, logSecond: 0,
        reasoning: nil, parsed: true)
    }
    func label() throws -> Double? {
      try hooks.label(
        votes, for: experiment.prompts.harmful[0], a: "", b: "", settings: experiment.stages)
    }
    #expect(try abs(#require(try label()) - 0.85) < 1e-12)
    experiment.stages.label.clamp = 0.4...0.6
    #expect(try label() == 0.6)
  }

  @Test func rewardOfNaNNamesTheSample() throws {
    let (hooks, _) = try hooks("reward = function(r) return 0/0 end,")
    let failure = #expect(throws: ScriptError.self) {
      try hooks.reward(
        .init(score: 1, kl: 0, length: 3, ended: true, text: "t", promptID: "p7", iteration: 3))
    }
    #expect(
      failure?.description.contains("reward: expected a finite number, got") == true)
    #expect(failure?.context == "ppo iteration 3, prompt p7")
  }

  @Test func rewardFingerprintFollowsMeaningOnly() throws {
    func fingerprint(_ extra: String) throws -> String {
      let (hooks, _) = try hooks(extra)
      return try hooks.rewardFingerprint()
    }
    let plain = try fingerprint("reward = function(r) return r.score end,")
    #expect(
      try fingerprint("-- note\n\nreward = function(r)\n return r.score -- same\n end,") == plain)
    #expect(
      try fingerprint("label = function() return 1 end, reward = function(r) return r.score end,")
        == plain)
    #expect(try fingerprint("reward = function(r) return r.score + 0 end,") != plain)
    // What the function refers to counts too.
    func shaped(_ penalty: String) throws -> String {
      try fingerprint(
        "reward = (function() local p = { \(penalty) } "
          + "local function cost(r) return p[1] * r.length end "
          + "return function(r) return r.score - cost(r) end end)(),")
    }
    #expect(try shaped("0.1") == shaped("0.1"))
    #expect(try shaped("0.1") != shaped("0.2"))
  }

  @Test func evaluatorAnswersAreChecked() throws {
    let (hooks, project) = try hooks("", "return { harmfulness = \"high\" }")
    let prompt = try prompt(project)
    #expect(try hooks.compareHarmlessness(prompt, "a", "b") == .a)
    #expect(throws: ScriptError.self) { try hooks.judge(prompt, "text") }
    let failure = #expect(throws: ScriptError.self) {
      try hooks.compareHelpfulness(prompt, "a", "b")
    }
    #expect(
      failure?.message == "evaluator.help_compare: expected 'a', 'b' or 'tie', got 'neither'")
  }
}
