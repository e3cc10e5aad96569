import KeyedRandom
import LuaHost

/// `ctx.rng`: the generator of one keyed draw. It starts anew in every call,
/// so a script's choice depends on the seed, the stage, the item and the round
/// alone.
enum ScriptRandom {
  private final class State {
    var generator: KeyedGenerator

    init(_ key: RandomKey) { generator = key.generator() }
  }

  static func object(_ key: RandomKey) -> LuaValue {
    .object(LuaObject("rng", state: State(key)))
  }

  static var spec: ObjectSpec {
    ObjectSpec(
      name: "rng", summary: "The random numbers of one call, keyed by what they are for.",
      methods: [uniform, index, choice, weighted, shuffle])
  }

  private static var uniform: FunctionSpec {
    FunctionSpec(
      name: "uniform", result: ResultSpec("number", "uniform in [0, 1)"), since: 1,
      example: "local heads = ctx.rng:uniform() < 0.5", summary: "Draws a number."
    ) { context throws(ScriptError) in
      .number(context.receiver(as: State.self).generator.uniform())
    }
  }

  private static var index: FunctionSpec {
    FunctionSpec(
      name: "index",
      parameters: [Parameter("count", .integer(1...Int64(Int32.max)), "how many there are")],
      result: ResultSpec("integer", "uniform in 1..count"), since: 1,
      example: "local side = ctx.rng:index(6)", summary: "Draws an index."
    ) { context throws(ScriptError) in
      let drawn = context.receiver(as: State.self).generator.index(below: context.integer(0))
      return .integer(Int64(drawn + 1))
    }
  }

  // The rest is written in Lua, so that a script gets back its own elements
  // and not copies of them.

  private static var list: Parameter { Parameter("list", .any, "a non-empty list") }

  private static var choice: FunctionSpec {
    FunctionSpec(
      name: "choice", parameters: [list], result: ResultSpec("any", "one element"), since: 1,
      example: "local principle = ctx.rng:choice(ctx.principles)",
      summary: "Draws an element, each as likely.",
      script: """
        return function(self, list)
          if type(list) ~= "table" or #list == 0 then
            error("rng:choice: expected a non-empty list", 2)
          end
          return list[self:index(#list)]
        end
        """)
  }

  private static var weighted: FunctionSpec {
    FunctionSpec(
      name: "weighted", parameters: [list], result: ResultSpec("any", "one element"), since: 1,
      example: "local principle = ctx.rng:weighted(ctx.principles)",
      summary: "Draws an element with a chance in proportion to its `weight` field.",
      script: """
        return function(self, list)
          if type(list) ~= "table" or #list == 0 then
            error("rng:weighted: expected a non-empty list", 2)
          end
          local total = 0
          for i = 1, #list do
            local weight = type(list[i]) == "table" and list[i].weight
            if type(weight) ~= "number" or not (weight >= 0 and weight < math.huge) then
              error("rng:weighted: element " .. i .. " has no weight of at least 0", 2)
            end
            total = total + weight
          end
          if total == 0 then error("rng:weighted: all weights are 0", 2) end
          local rest = self:uniform() * total
          for i = 1, #list do
            rest = rest - list[i].weight
            if rest < 0 then return list[i] end
          end
          return list[#list]
        end
        """)
  }

  private static var shuffle: FunctionSpec {
    FunctionSpec(
      name: "shuffle", parameters: [list], result: ResultSpec("table", "a new list"), since: 1,
      example: "local order = ctx.rng:shuffle { 1, 2, 3 }",
      summary: "Returns the same elements as a new list in random order.",
      script: """
        return function(self, list)
          if type(list) ~= "table" then error("rng:shuffle: expected a list", 2) end
          local order = {}
          for i = 1, #list do order[i] = list[i] end
          for i = #order, 2, -1 do
            local j = self:index(i)
            order[i], order[j] = order[j], order[i]
          end
          return order
        end
        """)
  }
}
