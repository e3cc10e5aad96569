import Foundation
import LuaHost
import Testing

/// Attacks on the environment. Each is refused, or sees nothing.
@Suite struct HostileTests {
  @Test func onlyListedNamesAreReachable() throws {
    let names = try run(
      """
      local names = {}
      local function walk(prefix, t)
        for key, value in pairs(t) do
          if key ~= "_G" then
            names[#names + 1] = prefix .. key
            if type(value) == "table" then walk(prefix .. key .. ".", value) end
          end
        end
      end
      walk("", _G)
      return table.concat(names, " ")
      """)
    #expect(
      names == """
        assert error ipairs math math.abs math.acos math.asin math.atan \
        math.ceil math.cos math.deg math.exp math.floor math.fmod math.huge \
        math.log math.max math.maxinteger math.min math.mininteger math.modf \
        math.pi math.rad math.sin math.sqrt math.tan math.tointeger math.type \
        math.ult next pairs pcall print require select setmetatable solon \
        string string.byte string.char string.find string.format \
        string.gmatch string.gsub string.len string.lower string.match \
        string.rep string.reverse string.sub string.upper table table.concat table.insert table.move \
        table.pack table.remove table.sort table.unpack tonumber tostring \
        type utf8 utf8.char utf8.charpattern utf8.codepoint utf8.codes \
        utf8.len utf8.offset
        """)
  }

  @Test(arguments: [
    "io", "os", "debug", "package", "load", "loadstring", "dofile", "loadfile",
    "collectgarbage", "coroutine", "rawset", "rawget", "rawequal", "rawlen",
    "getmetatable", "xpcall", "string.dump", "math.random", "math.randomseed",
  ])
  func dangerousNamesDoNotExist(name: String) throws {
    let error = try failure("return \(name)")
    #expect(
      error.message.hasPrefix("unknown name '\(name)'")
        || error.message.hasPrefix("'\(name)' does not exist"))
    #expect(error.line == 1)
  }

  @Test(arguments: [
    (
      "string.format = function() return 'poisoned' end return 1",
      "main.lua:1: cannot assign to 'format': string is read-only"
    ),
    (
      "solon.x = 1 return 1",
      "main.lua:1: cannot assign to 'x': solon is read-only"
    ),
    (
      "_G.x = 1 return 1",
      "main.lua:1: cannot assign to the global 'x': declare it with 'local'"
    ),
    (
      "\n\nx = 1 return 1",
      "main.lua:3: cannot assign to the global 'x': declare it with 'local'"
    ),
    (
      "math.pi = 3 return 1",
      "main.lua:1: cannot assign to 'pi': math is read-only"
    ),
    (
      "table.insert(math, 1) return 1",
      "main.lua:1: cannot change the table: math is read-only"
    ),
    (
      "setmetatable(_G, { __index = function() return 'x' end }) return 1",
      "main.lua:1: cannot change a protected metatable"
    ),
    (
      "setmetatable({}, { __gc = function() end }) return 1",
      "main.lua:1: the metamethod '__gc' is not available"
    ),
    (
      "setmetatable({}, { __mode = 'v' }) return 1",
      "main.lua:1: the metamethod '__mode' is not available"
    ),
    (
      "setmetatable({}, { __close = print }) return 1",
      "main.lua:1: the metamethod '__close' is not available"
    ),
    (
      "return (\"x\"):rep(1e10)",
      "main.lua:1: string.rep: the result is longer than 1048576 bytes"
    ),
    (
      "return ('%p'):format({})",
      "main.lua:1: string.format: '%p' is not available"
    ),
    (
      "table.unpack({}, 1, 1e8)",
      "main.lua:1: table.unpack: more than 10000 results"
    ),
    (
      "error(setmetatable({}, { __tostring = function() while true do end end }))",
      "main.lua:1: (error object is a table value)"
    ),
    (
      "return { [{}] = 1 }, (function() for k in pairs { [{}] = 1 } do end end)()",
      "main.lua:1: a table used as a key has no reproducible order: "
        + "use strings or numbers as keys"
    ),
    (
      "error('a\\0b\\27[2J\\nc', 0)",
      "main.lua:1: a\\u{0}b\\u{1b}[2J\\nc"
    ),
    (
      "require '../../etc/passwd'",
      "main.lua:1: require: '../../etc/passwd' is not a module name; "
        + "write dotted names such as 'constitutions.harmless'"
    ),
  ])
  func attacksAreRefusedWithTheirLine(
    text: String, description: String
  ) throws {
    #expect(try failure(text).description == description)
  }

  @Test func metamethodsCannotBeAddedLater() throws {
    // Stock Lua reads __close when the variable goes out of scope.
    let error = try failure(
      """
      local mt = {}
      local t = setmetatable({}, mt)
      mt.__close = function() while true do end end
      mt.__gc = mt.__close
      local x <close> = t
      return 1
      """)
    #expect(
      error.description
        == "main.lua:5: variable 'x' got a non-closable value")
  }

  @Test func stringMethodsStayTheirOwn() throws {
    #expect(
      try run(
        """
        local ok = pcall(function() string.format = 1 end)
        local ok2 = pcall(function() ("").format = 1 end)
        return { ok, ok2, ("%d"):format(1), ("x"):upper() }
        """) == [false, false, "1", "X"])
  }

  @Test func addressesAreNotShown() throws {
    #expect(
      try run(
        """
        return { tostring({}), tostring(print), ("%s %s"):format({}, print),
          ("%5s|%-3s|%%|%s"):format({}, 1, nil),
          tostring(setmetatable({}, { __tostring = function() return "me" end }))
        }
        """) == ["table", "function", "table function", "table|1  |%|nil", "me"]
    )
  }

  @Test(arguments: [
    "local function f() return 1 + f() end f()",
    "local function f(s) return (s:gsub('.', f)) end f('a')",
    "local t = setmetatable({}, {}) local function f() return {} < f() end f()",
    "local s = ('('):rep(300) .. '1' return s:find(('(a'):rep(40))",
  ])
  func deepRecursionIsAnError(text: String) throws {
    let error = try failure(text)
    #expect(error.file == "main.lua")
    #expect(error.traceback.count <= 21)
  }

  @Test func bytecodeIsRefusedByName() throws {
    #expect(
      try failure("\u{1B}LuaT\0\0").description
        == "load: 'main.lua' is compiled Lua; only text is accepted")
  }

  @Test func longFilesAreRefusedBeforeParsing() throws {
    let error = try failure(String(repeating: "x=1 ", count: 300_000))
    #expect(
      error.message
        == "load: 'main.lua' has 1200000 bytes; the limit is 1048576")
  }

  @Test func deepSyntaxIsAnError() throws {
    let error = try failure(
      "return " + String(repeating: "(", count: 5000) + "1"
        + String(repeating: ")", count: 5000))
    #expect(error.reason == .syntax)
    #expect(error.description == "main.lua: C stack overflow")
  }

  @Test func numericStringsAndNaNAreNotResults() throws {
    let project = try Project()
    let machine = try project.machine()
    let results = [
      ("0/0", "reward: expected a finite number, got -nan"),
      ("'0.3'", "reward: expected number, got string"),
      ("nil", "reward: expected number, got nil"),
      ("1.5", "reward: expected a number in [0, 1], got 1.5"),
    ]
    for (expression, message) in results {
      let reward = try project.run(
        machine, "return\nfunction(r) return \(expression) end"
      ).functionValue!
      let error = #expect(throws: ScriptError.self) {
        try machine.call(
          reward, [], name: "reward", returning: .number(0...1),
          activity: "ppo iteration 3, sample 17")
      }
      #expect(
        error?.description
          == "main.lua:2: \(message) (ppo iteration 3, sample 17)")
      #expect(
        error?.details == "     2 | function(r) return \(expression) end")
    }
  }

  @Test func printingIsCapped() throws {
    let project = try Project()
    let machine = try project.machine()
    var lines: [String] = []
    machine.onPrint = { lines.append($0) }
    _ = try project.run(
      machine,
      """
      print("a", 1, 2.5, nil, {}, true)
      for i = 1, 100 do print(("x"):rep(10000)) end
      return 1
      """)
    #expect(lines.first == "a\t1\t2.5\tnil\ttable\ttrue")
    #expect(lines.count == 8)
    #expect(
      lines.last == "[output over 65536 bytes in one call: dropped]")
  }
}
