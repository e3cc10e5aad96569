import KeyedRandom
import LuaHost
import Testing

@testable import Constitution

@Suite struct CallbackCheckTests {
  private func check(_ functions: String) throws -> CallbackCheck.Report {
    let project = try ScriptProject([
      "c.lua": "local seen = 0\n" + ScriptProject.constitution(functions)
    ])
    let constitution = try Constitution(project.load("c.lua"))
    var check = try CallbackCheck(hooks: ScriptHooks(vm: project.vm, constitution: constitution))
    return check.run()
  }

  @Test func soundFunctionsPass() throws {
    let report = try check(
      """
      draw = function(ctx) return ctx.rng:weighted(ctx.principles) end,
      keep = function(s) return s.revision ~= s.response end,
      label = function(votes, ctx)
        local parsed = {}
        for _, v in ipairs(votes) do if v.parsed then parsed[#parsed + 1] = v end end
        if #parsed == 0 then return nil end
        return solon.stats.mean(parsed, "p")
      end,
      reward = function(r) return r.score - 0.01 * r.length end,
      """)
    #expect(report.errors.map(\.description) == [])
    #expect(report.calls.map(\.function) == ["draw", "keep", "label", "reward"])
    #expect(report.calls.allSatisfy { $0.count >= 48 })
  }

  @Test func aConstitutionWithoutFunctionsPasses() throws {
    let report = try check("")
    #expect(report.errors.isEmpty && report.calls.isEmpty)
  }

  @Test(arguments: [
    // Counts its calls.
    "reward = function(r) seen = seen + 1 return seen end,",
    // Remembers the sample before.
    "reward = function(r) local last = seen seen = r.length return r.score + last end,",
    // Depends on what came before.
    "keep = function(s) local rising = s.round >= seen seen = s.round return rising end,",
  ])
  func hiddenStateIsFound(functions: String) throws {
    let report = try check(functions)
    let error = try #require(report.errors.first)
    #expect(error.message.contains("depends on the calls before it"))
    #expect(error.file == "c.lua" && error.line == 14)
    #expect(error.context?.hasPrefix("synthetic item") == true)
    #expect(report.errors.count == 1)
  }

  @Test(arguments: [
    // Prefers whatever is called A.
    ("return math.min(1, votes[1].p + 0.1)", "label: is not symmetric"),
    // Believes the order that is asked first.
    ("return votes[1] and votes[1].p", "label: is not symmetric"),
    // Looks at one order only, and at the text.
    ("return #ctx.a > #ctx.b and 0.9 or 0.9", "label: is not symmetric"),
    ("if votes[1].p > 0.6 then return nil end return 0.5", "label: is not symmetric"),
    ("return nil", "label: returned nil for every one of 35 sets of votes"),
    ("return 1.5", "label: expected a probability in [0, 1], or nil to drop the pair, got 1.5"),
    ("return 0/0", "label: expected a probability in [0, 1], or nil to drop the pair, got "),
    ("return '0.5'", "label: expected a probability in [0, 1], or nil to drop the pair, got '0.5'"),
    ("return votes[9].p", "attempt to index a nil value"),
  ])
  func unfairAndWrongLabelsAreFound(body: String, message: String) throws {
    let report = try check("label = function(votes, ctx) \(body) end,")
    let error = try #require(report.errors.first)
    #expect(error.message.hasPrefix(message), "\(error.message)")
    #expect(error.line == 14)
  }

  @Test(arguments: [
    ("return 0/0", "reward: expected a finite number, got "),
    ("return math.huge", "reward: expected a finite number, got inf"),
    ("return r.score / (r.length - 20)", "reward: expected a finite number"),
    ("", "reward: expected a finite number, got nil"),
  ])
  func rewardsThatAreNoNumbersAreFound(body: String, message: String) throws {
    let report = try check("reward = function(r) \(body) end,")
    #expect(report.errors.first?.message.hasPrefix(message) == true)
  }

  @Test func drawsOutsideTheListAreFound() throws {
    let report = try check("draw = function(ctx) return { id = 'other' } end,")
    #expect(
      report.errors.first?.message == "draw: expected one of ctx.principles, got table")
  }

  @Test func everyFunctionThatFailsIsReported() throws {
    let report = try check(
      "keep = function() return 1 end, reward = function() return 'x' end,")
    #expect(report.errors.count == 2)
  }

  /// What the host hands over is what the reference says it does.
  @Test func tablesOfCallbacksAreAsDocumented() throws {
    let names = """
      local function names(t)
        local list = {}
        for name in pairs(t) do list[#list + 1] = name end
        error("fields " .. table.concat(list, " "), 0)
      end

      """
    let project = try ScriptProject([
      "c.lua": names
        + ScriptProject.constitution(
          """
          draw = function(ctx) return names(ctx) end, keep = function(s) return names(s) end,
          label = function(votes, ctx) return names(#votes == 1 and votes[1] or ctx) end,
          reward = function(r) return names(r) end,
          """)
    ])
    let constitution = try Constitution(project.load("c.lua"))
    let hooks = ScriptHooks(vm: project.vm, constitution: constitution)
    let prompt = try Prompt(id: "p", text: "text")
    let vote = ScriptHooks.Vote(
      principle: constitution.preferencePrinciples[0], order: "AB", probability: 0.5,
      logFirst: -1, logSecond: -1, reasoning: "why", parsed: true)
    func fields(_ body: () throws -> Void) -> [String] {
      do {
        try body()
        return []
      } catch {
        let message = (error as? ScriptError)?.message ?? ""
        return message.split(separator: " ").dropFirst().map(String.init)
      }
    }
    func sorted(_ schema: Schema) -> [String] { schema.fields.map(\.name).sorted() }
    #expect(
      fields {
        _ = try hooks.drawRevisionPrinciple(
          for: prompt, round: 1, key: .init(seed: 1, stage: "s", item: "i"))
      }
        == sorted(CallbackSchemas.drawContext))
    #expect(
      fields {
        _ = try hooks.keeps(
          .init(
            prompt: prompt, round: 1, principle: constitution.revisionPrinciples[0],
            response: "r", critique: "c", revision: "v"))
      } == sorted(CallbackSchemas.revisionSample))
    let settings = try StageSettings()
    for (votes, schema) in [
      ([vote], CallbackSchemas.vote), ([vote, vote], CallbackSchemas.labelContext),
    ] {
      #expect(
        fields { _ = try hooks.label(votes, for: prompt, a: "a", b: "b", settings: settings) }
          == sorted(schema))
    }
    #expect(
      fields {
        _ = try hooks.reward(
          .init(
            score: 1, kl: 1, length: 1, ended: true, text: "t", promptID: "p", iteration: 1))
      } == sorted(CallbackSchemas.rewardSample))
  }
}
