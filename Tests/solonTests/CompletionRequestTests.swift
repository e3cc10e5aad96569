import LuaHost
import Testing

@testable import solon

@Suite struct CompletionRequestTests {
  @Test(
    arguments: [
      ("", [], ""), ("sol", [], "sol"), ("x = sol", [], "sol"), ("f(a.b, c", [], "c"),
      ("solon.js", [.field("solon")], "js"), ("m:gen", [.field("m")], "gen"),
      ("print(a.b.c", [.field("a"), .field("b")], "c"),
      ("1 + c.list[2].", [.field("c"), .field("list"), .element(2)], ""),
      ("'a'..b", [], "b"), ("a..b.c", [.field("b")], "c"),
      ("c['a b']['x'].y", [.field("c"), .field("a b"), .field("x")], "y"),
      (":time solon.", [.field("solon")], ""),
    ] as [(String, [FieldStep], String)])
  func pathsAreReadBackwards(_ line: String, path: [FieldStep], prefix: String) {
    #expect(CompletionRequest(line) == .name(path: path, prefix: prefix, isTopic: false))
  }

  @Test(arguments: ["f().x", "t[i].x", "(a).b", "12.5"])
  func whatIsNoPathIsLeftAlone(_ line: String) {
    #expect(CompletionRequest(line) == .nothing)
  }

  @Test func commandsAndTheirArguments() {
    #expect(CompletionRequest(":") == .command(prefix: ""))
    #expect(CompletionRequest(":lo") == .command(prefix: "lo"))
    #expect(CompletionRequest(":load exa") == .file)
    #expect(
      CompletionRequest(":help rng:ch")
        == .name(path: [.field("rng")], prefix: "ch", isTopic: true))
    #expect(CompletionRequest(":quit x") == .nothing)
  }

  @Test func stringsHoldFilesOrModules() {
    #expect(CompletionRequest("solon.jsonl('da") == .file)
    #expect(CompletionRequest("x = \"it's ") == .file)
    #expect(CompletionRequest("require \"a.b") == .module(prefix: "a.b"))
    #expect(CompletionRequest("local m = require('") == .module(prefix: ""))
    #expect(
      CompletionRequest("f('it\\'s', x.") == .name(path: [.field("x")], prefix: "", isTopic: false))
  }
}
