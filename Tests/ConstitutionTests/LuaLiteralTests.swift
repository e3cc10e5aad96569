import KeyedRandom
import LuaHost
import Testing

@testable import Constitution

@Suite struct LuaLiteralTests {
  private func bytes(_ texts: [String], _ literal: (String) -> String) throws -> [[UInt8]] {
    let project = try ScriptProject([:])
    let list = texts.map(literal).joined(separator: ",\n")
    let value = try project.vm.evaluate("{\(list)}")
    return (value[0].arrayValue ?? []).map { Array(($0.stringValue ?? "no text").utf8) }
  }

  @Test func readsBackWhatIsHardToQuote() throws {
    let texts = [
      "", "\n", "\n\n", "]", "]]", "]=", "]=]", "[[", "a]]b]=]c", "[==[\n]==]", "\r", "\r\n",
      "\n\r",
      "\"", "'", "\"'", "\\", "\\n", "\u{0}1", "\u{1B}[2J", "\u{7F}9", "\u{A0}", "\u{2028}",
      "\u{FEFF}",
      "e\u{301}", "\u{301}", "👩‍👩‍👧", "\u{10FFFF}", "a \nb", "a ", " a", "\t", "--[[", "]]--",
      "{{prompt}}",
    ]
    let expected = texts.map { Array($0.utf8) }
    #expect(try bytes(texts, LuaLiteral.quoted) == expected)
    #expect(try bytes(texts, LuaLiteral.block) == expected)
  }

  @Test func readsBackAnyText() throws {
    // What brackets, escapes and newlines are made of, so that they meet often.
    let alphabet: [String] = [
      "]", "]", "]", "=", "=", "[", "\n", "\n", "\r", "\"", "'", "\\", "n", "0", "9", "x", "u{",
      "}",
      " ", "\t", "\u{0}", "\u{8}", "\u{85}", "é", "\u{300}", "\u{200B}", "\u{2029}", "😀",
    ]
    var generator = RandomKey(seed: 7, stage: "literals", item: 0).generator()
    var texts: [String] = []
    for _ in 0..<4000 {
      let length = generator.index(below: 14)
      texts.append(
        (0..<length).map { _ in alphabet[generator.index(below: alphabet.count)] }.joined())
    }
    for literal in [LuaLiteral.quoted, LuaLiteral.block] {
      for start in stride(from: 0, to: texts.count, by: 500) {
        let some = Array(texts[start..<(start + 500)])
        let read = try bytes(some, literal)
        for (text, read) in zip(some, read) {
          #expect(read == Array(text.utf8), "\(literal(text))")
        }
        #expect(read.count == some.count)
      }
    }
  }

  @Test func blocksStandAsTheyAre() {
    #expect(LuaLiteral.block("\nA \"b\" \\c") == "[[\n\nA \"b\" \\c]]")
    #expect(LuaLiteral.block("x[[[y]]]") == "[=[\nx[[[y]]]]=]")
    #expect(LuaLiteral.block("y]") == "[=[\ny]]=]")
    #expect(LuaLiteral.block("y]=") == "[[\ny]=]]")
  }

  @Test func quotesAreThoseTheTextHasFewerOf() {
    #expect(LuaLiteral.quoted("it's") == "\"it's\"")
    #expect(LuaLiteral.quoted("\"so\"") == "'\"so\"'")
    #expect(LuaLiteral.quoted("a\nb") == "\"a\\nb\"")
  }
}
