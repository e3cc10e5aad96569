import LuaHost
import Testing

@Suite struct SchemaTests {
  private let experiment: Schema = {
    let ppo = Schema(
      "ppo",
      [
        .defaulted("iterations", .integer(1...10_000), 50),
        .defaulted("clip", .number(0...1), 0.2),
        .required("kl_coefficient", .number(0...Double.infinity)),
      ])
    return Schema(
      "experiment",
      [
        .required("name", .nonEmptyString),
        .defaulted("seed", .integer, 1),
        .optional("tags", .array(of: .string)),
        .optional("mode", .choice(["fast", "exact"])),
        .optional("vary", .map(of: .number)),
        .optional("label", .anyOf([.string, .function])),
        .optional("clamp", .anyOf([.boolean, .array(of: .number(0...1))])),
        .required("stages", .record(Schema("stages", [.required("ppo", .record(ppo))]))),
      ])
  }()

  private func message(_ text: String) throws -> String {
    try failure(text, library: [constructor("experiment", experiment)])
      .description
  }

  @Test(arguments: [
    (
      """
      return solon.experiment {
        name = "x",
        stages = {
          ppo = { kl_coefficient = 0.1, clip = 0.2 },
          -- kl_coeficient = in a comment
          ppo2 = 1,
        },
      }
      """,
      "main.lua:6: experiment.stages.ppo2: unknown field "
        + "(did you mean 'ppo'?)"
    ),
    (
      """
      local kl_coeficient = 3

      return solon.experiment {
        name = "kl_coeficient = 1", stages = {
          ppo = {
            clip = math.min(0.1, (function(a, b) return a, b end)(1, 2)),
            kl_coeficient = 0.1,
          },
        },
      }
      """,
      "main.lua:7: experiment.stages.ppo.kl_coeficient: unknown field "
        + "(did you mean 'kl_coefficient'?)"
    ),
    (
      "return solon.experiment {\n  name = 3,\n  stages = {} }",
      "main.lua:2: experiment.name: expected non-empty string, got number"
    ),
    (
      "return solon.experiment {\n  name = '',\n  stages = {} }",
      "main.lua:2: experiment.name: the string is empty"
    ),
    (
      "return solon.experiment {\n  name = 'a', seed = '3', stages = {} }",
      "main.lua:2: experiment.seed: expected integer, got string"
    ),
    (
      "return solon.experiment {\n  name = 'a', seed = 1.5, stages = {} }",
      "main.lua:2: experiment.seed: expected an integer, got 1.5"
    ),
    (
      """
      return solon.experiment { name = "a",
        ["tags"] = { "one",
          "two",
          3 },
        stages = {} }
      """,
      "main.lua:4: experiment.tags[3]: expected string, got number"
    ),
    (
      "return solon.experiment { name = 'a', mode = 'fsat', stages = {} }",
      "main.lua:1: experiment.mode: expected one of 'fast', 'exact', "
        + "got 'fsat' (did you mean 'fast'?)"
    ),
    (
      "return solon.experiment { name = 'a', vary = { x = 1/0 }, stages = {} }",
      "main.lua:1: experiment.vary.x: expected a finite number, got inf"
    ),
    (
      "return solon.experiment { name = 'a', label = 4, stages = {} }",
      "main.lua:1: experiment.label: expected string or function, got number"
    ),
    (
      "return solon.experiment { name = 'a', clamp = { 0, 2 }, stages = {} }",
      "main.lua:1: experiment.clamp[2]: expected a number in [0, 1], got 2"
    ),
    (
      """
      return solon.experiment {
        name = "a",
        stages = {
          ppo = {
            clip = 0.3,
          },
        },
      }
      """,
      "main.lua:4: experiment.stages.ppo.kl_coefficient: "
        + "missing (expected number)"
    ),
    (
      """
      return solon.experiment {
        name = "a",
        stages = { ppo = { kl_coefficient = 1, iterations = 0 } },
      }
      """,
      "main.lua:3: experiment.stages.ppo.iterations: "
        + "expected an integer in [1, 10000], got 0"
    ),
    (
      "return solon.experiment { 'a', name = 'b', stages = {} }",
      "main.lua:1: experiment[1]: expected only named fields, "
        + "got a list element"
    ),
    (
      """
      local ppo = { klcoefficient = 1 }
      return solon.experiment {
        name = "a",
        stages = { ppo = ppo },
      }
      """,
      "main.lua:4: experiment.stages.ppo.klcoefficient: unknown field "
        + "(did you mean 'kl_coefficient'?)"
    ),
  ])
  func errorsNamePathAndLine(text: String, description: String) throws {
    #expect(try message(text) == description)
  }

  @Test func defaultsAreFilledInSchemaOrder() throws {
    let value = try run(
      """
      return solon.experiment { seed = 4e2, name = "a",
        stages = { ppo = { kl_coefficient = 1 } } }
      """, library: [constructor("experiment", experiment)])
    let table = try #require(value.tableValue)
    #expect(table.kind == "experiment")
    #expect(table.location?.description == "main.lua:1")
    #expect(table["seed"] == .integer(400))
    #expect(
      table["stages"].tableValue?["ppo"]
        == ["kl_coefficient": 1.0, "iterations": 50, "clip": 0.2])
    let validated = try experiment.validate(table, path: "experiment")
    #expect(Array(validated.fields.keys) == ["name", "seed", "stages"])
    #expect(validated == table)
  }

  @Test func tagsAndFunctionsSurviveRequireAndAnotherConstructor() throws {
    let constitution = Schema(
      "constitution",
      [
        .required("name", .nonEmptyString), .optional("reward", .function),
        .optional("principles", .array(of: .any)),
      ])
    let outer = Schema(
      "experiment", [.required("constitution", .tagged("constitution"))])
    let project = try Project([
      "rules/kind.lua": """
      -- a comment

      return solon.constitution {
        name = "kind",
        reward = function(r) return r.score * 2 end,
        principles = { { id = "a" }, { id = "b" } },
      }
      """
    ])
    let machine = try project.machine(library: [
      constructor("constitution", constitution),
      constructor("experiment", outer),
    ])
    let value = try project.run(
      machine,
      """
      local kind = require "rules.kind"
      assert(kind == require "rules.kind")
      assert(kind.principles[2].id == "b" and #kind.principles == 2)
      local ids = {}
      for _, p in ipairs(kind.principles) do ids[#ids + 1] = p.id end
      for k, v in pairs(kind.principles[1]) do ids[#ids + 1] = k .. v end
      assert(table.concat(ids) == "abida")
      assert(not pcall(function() kind.name = "x" end))
      assert(not pcall(function() kind.principles[1].id = "x" end))
      assert(not pcall(table.insert, kind.principles, 1))
      assert(type(kind) == "table" and tostring(kind) == "table")
      return solon.experiment { constitution = kind }
      """)
    let inner = try #require(
      value.tableValue?["constitution"].tableValue)
    #expect(inner.kind == "constitution")
    #expect(inner.location?.description == "rules/kind.lua:3")
    let reward = try #require(inner["reward"].functionValue)
    #expect(reward.location?.description == "rules/kind.lua:5")
    #expect(try machine.call(reward, [["score": 2.5]]) == 5.0)
    #expect(
      machine.loadedScripts.map(\.path) == ["main.lua", "rules/kind.lua"])

    let wrong = #expect(throws: ScriptError.self) {
      try project.run(
        machine, "\nreturn solon.experiment {\n  constitution = {} }")
    }
    #expect(
      wrong?.description
        == "main.lua:3: experiment.constitution: expected constitution, "
        + "got table")
  }

  @Test func errorsInsideATaggedTableNameItsOwnFile() throws {
    let project = try Project([
      "c.lua": "return solon.loose {\n  name = 'c',\n  wieght = 2,\n}"
    ])
    let strict = Schema(
      "constitution", [.required("name", .string), .optional("weight", .number)])
    let check = FunctionSpec(
      name: "solon.check", parameters: [Parameter("value", .any)]
    ) { context throws(ScriptError) in
      .table(
        try strict.validate(
          context.table(0), path: "constitution", at: context.location))
    }
    let loose = FunctionSpec(
      name: "solon.loose", parameters: [Parameter("value", .any)]
    ) { context in
      .table(context.table(0).tagged("loose", at: context.location))
    }
    let machine = try project.machine(library: [check, loose])
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, "return solon.check(require 'c')")
    }
    #expect(
      error?.description
        == "c.lua:3: constitution.wieght: unknown field "
        + "(did you mean 'weight'?)")
    #expect(error?.details.hasPrefix("     3 |   wieght = 2,") == true)
    #expect(error?.path == "constitution.wieght")
  }
}
