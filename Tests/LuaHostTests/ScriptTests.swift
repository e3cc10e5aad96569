import Foundation
import LuaHost
import Testing

/// Loading, requiring, evaluating, and where errors are said to be.
@Suite struct ScriptTests {
  @Test(arguments: [
    ("return {}\n+ 1", "main.lua:2: attempt to perform arithmetic on a table value"),
    ("local x = 1\nlocal = 2", "main.lua:2: <name> expected near '='"),
    ("error 'plain'", "main.lua:1: plain"),
    ("error('bare', 0)", "main.lua:1: bare"),
    ("\nerror()", "main.lua:2: (error object is a nil value)"),
    ("error(42)", "main.lua:1: 42"),
    ("\n\nassert(false, 'why')", "main.lua:3: why"),
    ("local function f() error('caller', 2) end\n\nf()", "main.lua:3: caller"),
    (
      "local ok, e = pcall(error, 'inner') error(e, 0)", "main.lua:1: inner"
    ),
    (
      "local ok, e = pcall(function()\n error('again') end)\n\nerror(e, 0)",
      "main.lua:2: again"
    ),
    ("return ('x'):rep({})", "main.lua:1: bad argument #1 to 'rep' (number expected, got table)"),
    ("", "main.lua: the file returned nothing: end it with 'return'"),
  ])
  func errorsNameTheLine(text: String, description: String) throws {
    #expect(try failure(text).description == description)
  }

  @Test func longPathsAreShownWhole() throws {
    let path =
      String(repeating: "deeply_nested_folder/", count: 6) + "main.lua"
    let project = try Project([path: "\nerror 'here'"])
    let machine = try project.machine()
    let error = #expect(throws: ScriptError.self) {
      try machine.load(file: project.root.appendingPathComponent(path))
    }
    #expect(error?.description == "\(path):2: here")
  }

  @Test func tracebacksShowLuaFramesOnly() throws {
    let error = try failure(
      """
      local function inner(x) return x.a.b end
      local t = { 1 }
      local function outer()
        table.sort({ 1, 2 }, function(a, b)
          local v = inner(a)
          return v
        end)
      end
      outer()
      """)
    #expect(
      error.traceback == [
        "main.lua:1: in function 'inner'",
        "main.lua:5: in function <line 4>",
        "main.lua:4: in function 'outer'",
        "main.lua:9: in main chunk",
      ])
    #expect(
      error.details == """
             1 | local function inner(x) return x.a.b end
        called from
          main.lua:1: in function 'inner'
          main.lua:5: in function <line 4>
          main.lua:4: in function 'outer'
          main.lua:9: in main chunk
        """)
  }

  @Test func modulesAreLoadedOnceAndShared() throws {
    let project = try Project([
      "lib/a.lua": "local n = 0 return { next = function() n = n + 1 return n end }"
    ])
    let machine = try project.machine()
    #expect(
      try project.run(
        machine,
        """
        local a, b = require "lib.a", require "lib.a"
        return { a.next(), b.next(), a == b }
        """) == [1, 2, true])
    let scripts = machine.loadedScripts
    #expect(scripts.map(\.path) == ["main.lua", "lib/a.lua"])
    #expect(scripts[1].text.hasPrefix("local n = 0"))
  }

  @Test func snapshotsAreHashed() {
    // FIPS 180-2 test vectors.
    #expect(
      ScriptText(path: "x", text: "abc").sha256
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      ScriptText(path: "x", text: "").sha256
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func cyclesAreReported() throws {
    let project = try Project([
      "a.lua": "return require 'b'", "b.lua": "\nreturn require 'a'",
    ])
    let machine = try project.machine()
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, "return require 'a'")
    }
    #expect(
      error?.description
        == "b.lua:2: require: files require each other: "
        + "a.lua -> b.lua -> a.lua")
    // A caught failure does not count as still loading.
    #expect(
      try project.run(
        machine,
        """
        local one = pcall(require, "a")
        local _, message = pcall(require, "a")
        return message
        """)
        == .string(
          "b.lua:2: require: files require each other: "
            + "a.lua -> b.lua -> a.lua"))
  }

  @Test func moduleErrorsKeepTheirPlace() throws {
    let project = try Project([
      "bad.lua": "local function f()\n  error 'inside'\nend\nf()",
      "empty.lua": "local x = 1", "syntax.lua": "return +",
    ])
    let machine = try project.machine()
    func message(_ module: String) throws -> ScriptError {
      let error = #expect(throws: ScriptError.self) {
        try project.run(machine, "\nreturn require '\(module)'")
      }
      return try #require(error)
    }
    #expect(try message("bad").description == "bad.lua:2: inside")
    #expect(
      try message("bad").traceback == [
        "bad.lua:2: in function 'f'", "bad.lua:4: in main chunk",
        "main.lua:2: in main chunk",
      ])
    #expect(
      try message("empty").description
        == "main.lua:2: require: empty.lua returned nothing: "
        + "end it with 'return'")
    let syntax = try message("syntax").description
    #expect(syntax == "syntax.lua:1: unexpected symbol near '+'")
    #expect(
      try message("absent").description
        == "main.lua:2: require: no file 'absent.lua' in the project "
        + machine.projectRoot.path.trimmingSlash)
  }

  @Test func linksOutOfTheProjectAreRefused() throws {
    let outside = try Project(["secret.lua": "return 'secret'"])
    let project = try Project(["inside.lua": "return 'inside'"])
    let files = FileManager.default
    try files.createSymbolicLink(
      at: project.root.appendingPathComponent("out.lua"),
      withDestinationURL: outside.root.appendingPathComponent("secret.lua"))
    try files.createSymbolicLink(
      at: project.root.appendingPathComponent("alias.lua"),
      withDestinationURL: project.root.appendingPathComponent("inside.lua"))
    let machine = try project.machine()
    #expect(try project.run(machine, "return require 'alias'") == "inside")
    let error = #expect(throws: ScriptError.self) {
      try project.run(machine, "return require 'out'")
    }
    #expect(
      error?.message.hasPrefix("require: 'out.lua' is /") == true
        && error?.message.contains("secret.lua, outside the project /") == true)
    for path in ["/etc/passwd", "../x", "/dev/zero", "."] {
      #expect(throws: ScriptError.self) {
        try machine.readText(path, purpose: "solon.jsonl")
      }
    }
  }

  @Test func filesReadByTheHostAreSnapshots() throws {
    let project = try Project(["data/x.jsonl": "{}\n"])
    let machine = try project.machine()
    let text = try machine.readText("data/x.jsonl", purpose: "solon.jsonl")
    #expect(text.text == "{}\n")
    _ = try machine.readText("data/../data/x.jsonl", purpose: "solon.jsonl")
    #expect(machine.loadedScripts.map(\.path) == ["data/x.jsonl"])
    try Data([0x61, 0x62, 0xFF]).write(
      to: project.root.appendingPathComponent("bad.txt"))
    let error = #expect(throws: ScriptError.self) {
      try machine.readText("bad.txt", purpose: "solon.jsonl")
    }
    #expect(
      error?.message
        == "solon.jsonl: 'bad.txt' is not UTF-8: invalid byte at offset 2, in line 1 — save it as UTF-8"
    )
  }

  /// Opening a pipe would wait for a writer.
  @Test func aPipeIsNoScript() throws {
    let project = try Project(["m.lua": "return 1"])
    let pipe = project.root.appendingPathComponent("pipe.lua")
    try #require(mkfifo(pipe.path, 0o600) == 0)
    let machine = try project.machine()
    let error = #expect(throws: ScriptError.self) { try machine.load(file: pipe) }
    #expect(error?.message == "load: 'pipe.lua' is not an ordinary file")
  }

  @Test func aByteOrderMarkIsNoPartOfAScript() throws {
    let project = try Project(["m.lua": "\u{feff}return 7"])
    let machine = try project.machine()
    #expect(
      try machine.load(file: project.root.appendingPathComponent("m.lua")).integerValue == 7)
  }

  @Test func sessionsKeepGlobals() throws {
    let project = try Project(["m.lua": "return { five = 5 }"])
    let machine = try project.machine()
    #expect(try machine.evaluate("x = 20") == [])
    #expect(try machine.evaluate("x + 1") == [21])
    #expect(try machine.evaluate("function f(n) return n * x end") == [])
    #expect(try machine.evaluate("f(2)") == [40])
    #expect(try machine.evaluate("m = require 'm' return m.five") == [5])
    let error = #expect(throws: ScriptError.self) {
      try machine.evaluate("f(nil)", name: "(stdin)")
    }
    #expect(
      error?.description
        == "(input):1: attempt to perform arithmetic on a nil value "
        + "(local 'n')")
    // What a session assigns is not seen by files.
    #expect(throws: ScriptError.self) { try project.run(machine, "return x") }
    #expect(throws: ScriptError.self) { try machine.evaluate("string.x = 1") }
  }

  @Test func unfinishedInputIsRecognised() throws {
    let machine = try Project().machine()
    for text in ["function f()", "x = {", "if true then", "f(1,", "x =", "x +", "1,"] {
      #expect(machine.needsMoreInput(text))
    }
    for text in ["x = 1", "1 + 1", "x = = 2", "end", "return"] {
      #expect(!machine.needsMoreInput(text))
    }
  }
}

extension String {
  fileprivate var trimmingSlash: String {
    hasSuffix("/") ? String(dropLast()) : self
  }
}
