import Testing

@testable import Statistics

@Suite struct PhrasesTests {
  @Test func wordsAreLettersDigitsAndInnerApostrophes() {
    #expect(
      Words("I can't, 'really' say: 3.5 (no!)").words == [
        "i", "can't", "really", "say", "3", "5", "no",
      ])
    #expect(Words("  …  ").words == [])
    #expect(Words("a b c").phrases(2) == ["a b", "b c"])
    #expect(Words("a").phrases(2) == [])
  }

  /// "a b a" and "b a": words a b a b a, 2 of 5; pairs "a b", "b a", "b a", 2 of 3.
  @Test func distinctCountsOverAllTexts() {
    #expect(distinct(["A b a.", "b a"], length: 1) == 2.0 / 5)
    #expect(distinct(["A b a.", "b a"], length: 2) == 2.0 / 3)
    #expect(distinct(["a"], length: 2).isNaN)
  }

  /// {a, b}, {b, c} and {a, b}: 1/3, 1 and 1/3.
  @Test func similarityIsOfAllPairs() {
    #expect(abs(selfSimilarity(["a b", "b c", "b a"], length: 1) - 5.0 / 9) < 1e-12)
    #expect(selfSimilarity(["x", "x"], length: 2) == 1)
  }

  private let texts: [(item: String, text: String)] = [
    ("1", "I am sorry, but lamps are hot."), ("1", "I am sorry. I am sorry."),
    ("2", "Well, I am sorry; ask a friend."), ("3", "Ask a friend, I am told."),
    ("4", "Nothing here."),
  ]

  @Test func phrasesAreCountedByItem() {
    let found = FrequentPhrases(texts: texts, length: 3, minimumShare: 0.5)
    #expect(found.phrases.map(\.words) == [["ask", "a", "friend"], ["i", "am", "sorry"]])
    #expect(found.phrases.map(\.share) == [0.5, 0.5])
    let pairs = FrequentPhrases(texts: texts, length: 2, minimumShare: 0.75)
    #expect(pairs.phrases.map(\.words) == [["i", "am"]])
    #expect(pairs.phrases.map(\.share) == [0.75])
  }

  @Test func coveredWordsAreCountedAndRemoved() {
    let found = FrequentPhrases(texts: texts, length: 3, minimumShare: 0.5)
    #expect(found.coverage(of: "I am sorry, but lamps are hot.") == 3.0 / 7)
    #expect(found.stripped("I am sorry, but lamps are hot.") == "but lamps are hot.")
    #expect(found.stripped("Well, I AM sorry; go: “ask a friend”.") == "Well go")
    #expect(found.stripped("(Nothing) here.") == "(Nothing) here.")
    #expect(found.stripped("I am sorry.") == "")
    #expect(found.coverage(of: "I am sorry.") == 1)
    #expect(found.coverage(of: "…") == 0)
    // Phrases that overlap cover their words once.
    let pairs = FrequentPhrases(texts: [("1", "a b c")], length: 2, minimumShare: 1)
    #expect(pairs.coverage(of: "a b c d") == 0.75)
  }

  @Test func withoutTextsNothingIsFrequent() {
    let found = FrequentPhrases(texts: [], length: 2, minimumShare: 0.5)
    #expect(found.phrases.isEmpty)
    #expect(found.coverage(of: "a b") == 0)
  }
}
