import LuaHost

/// `solon.stats`: the arithmetic of `label` and `reward` functions. Written in
/// Lua, so that a call from a callback does not leave the machine.
extension ScriptLibrary {
  static var statistics: [FunctionSpec] {
    [mean, weightedMean, median, clamp, sigmoid, logit]
  }

  private static let list = Parameter("list", .array(of: .any), "a non-empty list")
  private static let field = Parameter(
    "field", .string, "take this field of each element, which is a table", optional: true)

  /// Lua's side of reading numbers from a list: an error at the caller's line
  /// names the element.
  private static func reading(_ function: String) -> String {
    """
    local function number(list, i, field)
      local value = list[i]
      if field ~= nil and type(value) == "table" then value = value[field] end
      if type(value) ~= "number" or value ~= value then
        error("\(function): element " .. i .. (field and "." .. field or "")
          .. ": expected a number, got " .. (value ~= value and "nan" or type(value)), 3)
      end
      return value
    end
    local function check(list)
      if type(list) ~= "table" or #list == 0 then
        error("\(function): expected a non-empty list, got "
          .. (type(list) == "table" and "an empty one" or type(list)), 3)
      end
    end

    """
  }

  private static var mean: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.mean", parameters: [list, field],
      result: ResultSpec(.number, "the mean"), since: 1,
      example: "assert(solon.stats.mean({ { p = 0.2 }, { p = 0.4 } }, \"p\") - 0.3 < 1e-12)",
      summary: "The mean of a list of numbers, or of one field of a list of tables.",
      script: reading("solon.stats.mean") + """
        return function(list, field)
          check(list)
          local sum = 0
          for i = 1, #list do sum = sum + number(list, i, field) end
          return sum / #list
        end
        """)
  }

  private static var weightedMean: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.weighted_mean",
      parameters: [
        list, Parameter("value", .string, "the field to average"),
        Parameter("weight", .string, "the field that weighs it, at least 0"),
      ],
      result: ResultSpec(.number, "the mean"), since: 1,
      example: """
        local votes = { { p = 1, weight = 3 }, { p = 0, weight = 1 } }
        assert(solon.stats.weighted_mean(votes, "p", "weight") == 0.75)
        """,
      summary: "The mean of one field of a list of tables, weighted by another.",
      script: reading("solon.stats.weighted_mean") + """
        return function(list, value, weight)
          check(list)
          local sum, total = 0, 0
          for i = 1, #list do
            local w = number(list, i, weight)
            if w < 0 then
              error("solon.stats.weighted_mean: element " .. i .. "." .. weight
                .. ": expected at least 0, got " .. w, 2)
            end
            sum, total = sum + w * number(list, i, value), total + w
          end
          if total == 0 then error("solon.stats.weighted_mean: all weights are 0", 2) end
          return sum / total
        end
        """)
  }

  private static var median: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.median", parameters: [list, field],
      result: ResultSpec(.number, "the median; of an even count, the mean of the middle two"),
      since: 1,
      example: "assert(solon.stats.median { 3, 1, 2 } == 2)",
      summary: "The median of a list of numbers, or of one field of a list of tables.",
      script: reading("solon.stats.median") + """
        return function(list, field)
          check(list)
          local values = {}
          for i = 1, #list do values[i] = number(list, i, field) end
          table.sort(values)
          local middle = #values // 2
          if #values % 2 == 1 then return values[middle + 1] end
          return (values[middle] + values[middle + 1]) / 2
        end
        """)
  }

  private static var clamp: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.clamp",
      parameters: [
        Parameter("x", .number), Parameter("low", .number), Parameter("high", .number),
      ],
      result: ResultSpec(.number, "in [low, high]"), since: 1,
      example: "assert(solon.stats.clamp(0.99, 0.2, 0.8) == 0.8)",
      summary: "The number, or the bound it lies beyond.",
      script: """
        return function(x, low, high)
          if type(x) ~= "number" or type(low) ~= "number" or type(high) ~= "number"
            or x ~= x or not (low <= high) then
            error("solon.stats.clamp: expected numbers x, low <= high, got " .. tostring(x)
              .. ", " .. tostring(low) .. ", " .. tostring(high), 2)
          end
          return x < low and low or x > high and high or x
        end
        """)
  }

  private static var sigmoid: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.sigmoid", parameters: [Parameter("x", .number, "a logit")],
      result: ResultSpec(.number, "1 / (1 + exp(-x)), in [0, 1]"), since: 1,
      example: "assert(solon.stats.sigmoid(0) == 0.5)",
      summary: "A logit as a probability.",
      script: """
        return function(x)
          if type(x) ~= "number" or x ~= x then
            error("solon.stats.sigmoid: expected a number, got " .. tostring(x), 2)
          end
          return 1 / (1 + math.exp(-x))
        end
        """)
  }

  private static var logit: FunctionSpec {
    FunctionSpec(
      name: "solon.stats.logit",
      parameters: [Parameter("p", .number, "a probability", range: 0...1)],
      result: ResultSpec(.number, "log(p / (1 - p)); infinite at 0 and 1", unit: "nats"),
      since: 1,
      example: "assert(solon.stats.logit(0.5) == 0)",
      summary: "A probability as a logit.",
      script: """
        return function(p)
          if type(p) ~= "number" or not (p >= 0 and p <= 1) then
            error("solon.stats.logit: expected a number in [0, 1], got " .. tostring(p), 2)
          end
          return math.log(p / (1 - p))
        end
        """)
  }
}
