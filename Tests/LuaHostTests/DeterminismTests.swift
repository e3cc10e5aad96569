import LuaHost
import Testing

@Suite struct DeterminismTests {
  @Test func pairsVisitsNumbersThenStringsThenBooleans() throws {
    #expect(
      try run(
        """
        local out = {}
        local t = { "one", "two", b = 1, a = 2, [10] = 3, [-1] = 4, [1.5] = 5,
          [true] = 6, [false] = 7, [""] = 8, B = 9 }
        for k, v in pairs(t) do out[#out + 1] = tostring(k) .. "=" .. v end
        return table.concat(out, " ")
        """) == "-1=4 1=one 1.5=5 2=two 10=3 =8 B=9 a=2 b=1 false=7 true=6")
  }

  @Test func nextAgreesWithPairs() throws {
    #expect(
      try run(
        """
        local tables = { {}, { 1, 2, 3 }, { a = 1, c = 2, b = 3 },
          { 1, x = 2, [0.5] = 3, [true] = 4 } }
        for _, t in ipairs(tables) do
          local key
          for k, v in pairs(t) do
            local nextKey, nextValue = next(t, key)
            assert(nextKey == k and nextValue == v)
            key = k
          end
          assert(next(t, key) == nil)
        end
        return next({}) == nil
        """) == true)
  }

  @Test func pairsAllowsClearingFields() throws {
    #expect(
      try run(
        """
        local t, seen = { 1, 2, 3, a = 1, b = 2, c = 3 }, 0
        for k in pairs(t) do t[k] = nil t.c = nil t[3] = nil seen = seen + 1 end
        return { seen, next(t) == nil }
        """) == [4, true])
  }

  /// Insertion in any order, and any machine, gives one order.
  @Test func orderDoesNotDependOnHistory() throws {
    let project = try Project()
    var results: Set<LuaValue> = []
    for step in [1, 7, 11, 13] {
      let machine = try project.machine()
      results.insert(
        try project.run(
          machine,
          """
          local t = {}
          for i = 0, 99 do t["key" .. (i * \(step)) % 100] = i end
          local out = {}
          for k in pairs(t) do out[#out + 1] = k end
          return table.concat(out, ",")
          """))
    }
    let expected = (0..<100).map { "key\($0)" }
      .sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    #expect(results == [.string(expected.joined(separator: ","))])
  }

  @Test func sortingIsStable() throws {
    let value = try run(
      """
      local t = {}
      for i = 1, 500 do t[i] = { key = (i * 7919) % 10, at = i } end
      table.sort(t, function(a, b) return a.key < b.key end)
      local out = {}
      for i, v in ipairs(t) do out[i] = v.key * 1000 + v.at end
      return out
      """)
    let expected = (1...500).map { ($0 * 7919) % 10 * 1000 + $0 }.sorted()
    #expect(value.arrayValue == expected.map { .integer(Int64($0)) })
  }

  @Test func tableFunctionsWorkAsDocumented() throws {
    #expect(
      try run(
        """
        local t = { 1, 2, 3 }
        table.insert(t, 4) table.insert(t, 1, 0)
        assert(table.concat(t, ",") == "0,1,2,3,4")
        assert(table.remove(t) == 4 and table.remove(t, 1) == 0)
        assert(table.remove({}) == nil)
        assert(table.concat(t, "-", 2, 3) == "2-3")
        assert(table.concat({}) == "" and table.concat({ 1, 2.5, "x" }) == "12.5x")
        assert(table.concat(table.move({ 1, 2, 3 }, 2, 3, 1)) == "233")
        assert(table.concat(table.move({ 1, 2, 3 }, 1, 2, 2)) == "112")
        assert(table.concat(table.move({ 1, 2 }, 1, 2, 1, { 9, 9, 9 })) == "129")
        local p = table.pack(table.unpack({ 1, nil, 3 }, 1, 3))
        assert(p.n == 3 and p[3] == 3)
        local s = { 5, 2, 8, 1 }
        table.sort(s) assert(table.concat(s) == "1258")
        table.sort(s, function(a, b) return a > b end)
        assert(table.concat(s) == "8521")
        assert(not pcall(table.insert, t, 9, 1))
        assert(not pcall(table.sort, { 1, "x" }))
        assert(("ab"):rep(3, "-") == "ab-ab-ab" and ("x"):rep(0) == "")
        assert((""):rep(1e9) == "" and ("x"):rep(-1) == "")
        return true
        """) == true)
  }

  @Test func classesWork() throws {
    #expect(
      try run(
        """
        local Vector = {}
        Vector.__index = Vector
        Vector.__add = function(a, b) return Vector.new(a.x + b.x) end
        Vector.__eq = function(a, b) return a.x == b.x end
        Vector.__tostring = function(v) return "<" .. v.x .. ">" end
        function Vector.new(x) return setmetatable({ x = x }, Vector) end
        function Vector:double() return Vector.new(self.x * 2) end
        local v = Vector.new(1) + Vector.new(2)
        local callable = setmetatable({}, { __call = function(_, n) return n end })
        return { tostring(v:double()), v == Vector.new(3), callable(9) }
        """) == ["<6>", true, 9])
  }
}
