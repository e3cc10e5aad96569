import Testing

@testable import Report

@Suite struct TextTests {
  @Test func controlBytesAndDirectionMarksAreEscaped() {
    #expect(TerminalText.escaped("a\u{1B}[31mb\r\n\t\0") == "a\\x1B[31mb\\r\\n\\t\\x00")
    #expect(TerminalText.escaped("\u{7F}\u{85}\u{9B}") == "\\x7F\\x85\\x9B")
    #expect(TerminalText.escaped("\u{202E}evil\u{2066}") == "\\u{202E}evil\\u{2066}")
    #expect(TerminalText.escaped("a\nb\r\nc", keepsLines: true) == "a\nb\\r\nc")
    #expect(TerminalText.escaped("né 漢 \u{1F600}") == "né 漢 \u{1F600}")
  }

  @Test(arguments: [
    ("", 0), ("abc", 3), ("né", 2), ("ne\u{301}", 2), ("漢字", 4), ("ｱ", 1), ("Ａ", 2),
    ("\u{1F600}", 2), ("\u{1F469}\u{200D}\u{1F680}", 2), ("\u{2764}\u{FE0F}", 2),
    ("\u{200B}", 0), ("한국", 4), ("–…", 2),
  ])
  func widths(_ text: String, _ width: Int) {
    #expect(TerminalText.width(text) == width)
  }

  @Test func textIsWrappedAtSpacesAndInsideLongWords() {
    #expect(
      TerminalText.wrapped("one two  three\nfour", columns: 7)
        == ["one two", "three", "four"])
    #expect(TerminalText.wrapped("ab abcdefghij k", columns: 4) == ["ab", "abcd", "efgh", "ij k"])
    #expect(TerminalText.wrapped("漢字漢字", columns: 5) == ["漢字", "漢字"])
    #expect(TerminalText.wrapped("\n\na\n\nb\n", columns: 9) == ["a", "", "b"])
    #expect(TerminalText.wrapped("a b c d e", columns: 3, maximumLines: 2) == ["a b", "c …"])
    #expect(TerminalText.wrapped("a b", columns: 3, maximumLines: 1) == ["a b"])
    #expect(TerminalText.wrapped("", columns: 3).isEmpty)
  }

  /// No line is ever wider than asked, and nothing but spaces is lost.
  @Test func wrappingKeepsToItsColumns() {
    let text = "A fairly long sentence, with 漢字漢字漢字 and supercalifragilistic words."
    for columns in 2...30 {
      let lines = TerminalText.wrapped(text, columns: columns)
      #expect(lines.allSatisfy { TerminalText.width($0) <= columns })
      #expect(
        lines.joined().filter { $0 != " " } == text.filter { $0 != " " }, "\(columns) columns")
    }
  }

  @Test func aTableAlignsWideCharactersAndEscapesCells() {
    var table = TextTable([.init("name", .left), .init("n")])
    table.append(["漢字", "1"])
    table.append(["a\u{1B}b\n", "12.5"])
    table.append(["", ""])
    #expect(
      table.text(width: 80) == """
        name         n
        --------  ----
        漢字         1
        a\\x1Bb\\n  12.5


        """)
  }
}
