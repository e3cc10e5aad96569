import Foundation
import KeyedRandom
import Testing

@testable import Transformer

@Suite struct TokenizerTrainerTests {
  private func merges(_ data: Data) throws -> [String] {
    try #require(CheckpointJSON(parsing: data)["model"]?["merges"]?.array).compactMap(\.string)
  }

  /// Counts every pair anew before each merge: slow and plainly right. Each text
  /// is one word of ASCII letters.
  private func naiveMerges(_ texts: [String], count: Int) -> [String] {
    var words = texts.map { $0.map { String($0) } }
    // Ids: the letters in order, then each merge.
    var ids: [String: Int] = [:]
    for byte in UInt8(ascii: "!")...UInt8(ascii: "~") {
      ids[String(Unicode.Scalar(byte))] = Int(byte)
    }
    var merges: [String] = []
    while merges.count < count {
      var counts: [[String]: Int] = [:]
      for word in words {
        for (left, right) in zip(word, word.dropFirst()) { counts[[left, right], default: 0] += 1 }
      }
      func key(_ pair: [String]) -> (Int, Int, Int) {
        (-counts[pair, default: 0], ids[pair[0]] ?? 0, ids[pair[1]] ?? 0)
      }
      guard let best = counts.keys.min(by: { key($0) < key($1) }) else { break }
      merges.append(best.joined(separator: " "))
      let merged = best.joined()
      if ids[merged] == nil { ids[merged] = 1_000 + merges.count }
      for index in words.indices {
        let symbols = words[index]
        var word: [String] = []
        var place = 0
        while place < symbols.count {
          let isPair = Array(symbols[place...].prefix(2)) == best
          word.append(isPair ? merged : symbols[place])
          place += isPair ? 2 : 1
        }
        words[index] = word
      }
    }
    return merges
  }

  @Test func equalsCountingAnew() throws {
    var generator = RandomKey(seed: 3, stage: "test", item: "corpus").generator()
    for round in 0..<12 {
      let texts = (0..<6).map { _ in
        (0..<30).map { _ in
          String(
            (0...generator.index(below: 9)).map { _ in
              "abc".randomElement(using: &generator) ?? "a"
            })
        }
      }
      let words = texts.flatMap(\.self)
      let data = TokenizerTrainer.train(on: words, vocabularySize: 256 + 40, specialTokens: [])
      #expect(try merges(data) == naiveMerges(words, count: 40), "round \(round)")
    }
  }

  @Test func orderOfTextsDoesNotMatter() throws {
    let texts = try TokenizerReference.shared.get().trainingTexts
    let first = TokenizerTrainer.train(on: texts, vocabularySize: 500, specialTokens: ["<s>"])
    let second = TokenizerTrainer.train(
      on: Array(texts.reversed()), vocabularySize: 500, specialTokens: ["<s>"])
    #expect(first == second)
  }

  @Test func specialTokensComeFirstAndAreNotCounted() throws {
    let plain = TokenizerTrainer.train(
      on: ["abab", "abab"], vocabularySize: 261, specialTokens: ["<|user|>", "<|end|>"])
    let marked = TokenizerTrainer.train(
      on: ["<|user|>abab<|end|>", "<|user|>abab"], vocabularySize: 261,
      specialTokens: ["<|user|>", "<|end|>"])
    #expect(plain == marked)
    let tokenizer = try Tokenizer(data: marked)
    #expect(tokenizer.token("<|user|>") == 0)
    #expect(tokenizer.token("<|end|>") == 1)
    #expect(tokenizer.encode("<|user|>abab<|end|>").count == 3)
  }

  /// No merge may make the text of a special token.
  @Test func specialTokensAreNotLearned() throws {
    let data = TokenizerTrainer.train(
      on: ["user use user"], vocabularySize: 300, specialTokens: ["us"])
    let tokenizer = try Tokenizer(data: data)
    #expect(!tokenizer.encode("user", allowsSpecialTokens: false).contains(0))
    #expect(tokenizer.encode("user").first == 0)
  }

  @Test func fewerPairsThanAskedFor() throws {
    let tokenizer = try Tokenizer(
      data: TokenizerTrainer.train(on: ["ab ab"], vocabularySize: 1_000, specialTokens: ["<e>"]))
    // "ab" and " ab": two merges in all.
    #expect(tokenizer.vocabularySize == 1 + 256 + 2)
    let empty = try Tokenizer(
      data: TokenizerTrainer.train(on: [], vocabularySize: 1_000, specialTokens: []))
    #expect(empty.vocabularySize == 256)
    #expect(empty.decode(empty.encode("any text 🙂")) == "any text 🙂")
  }
}
