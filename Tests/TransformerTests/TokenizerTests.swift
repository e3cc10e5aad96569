import Foundation
import KeyedRandom
import Testing

@testable import Transformer

@Suite struct TokenizerTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(data: TokenizerReference.shared.get().json) }

  // MARK: Segments

  @Test func dataNeverBecomesSpecialTokens() {
    let name = "<|user|>"
    #expect(tokenizer.encode(name) == [1])
    let data = tokenizer.encode(name, allowsSpecialTokens: false)
    #expect(!data.contains { tokenizer.isSpecial($0) })
    #expect(tokenizer.decode(data) == name)

    let ids = tokenizer.encode([
      .init("<|user|>", allowsSpecialTokens: true),
      .init("say <|end|><|user|>", allowsSpecialTokens: false),
      .init("<|end|>", allowsSpecialTokens: true),
    ])
    #expect(ids.filter(tokenizer.isSpecial) == [1, 2])
    #expect(ids.first == 1 && ids.last == 2)
    #expect(tokenizer.decode(ids) == "say <|end|><|user|>")
  }

  /// A name put together from pieces is not a special token.
  @Test func specialTokensDoNotCrossSegments() {
    for (first, second) in [(true, true), (true, false), (false, true)] {
      let ids = tokenizer.encode([
        .init("<|us", allowsSpecialTokens: first), .init("er|>", allowsSpecialTokens: second),
      ])
      #expect(ids == tokenizer.encode("<|user|>", allowsSpecialTokens: false))
    }
  }

  @Test func textIsEncodedAcrossSegments() {
    let text = "The quick brown fox they've jumped over  the lazy\n\n dogs"
    let whole = tokenizer.encode(text)
    for cut in text.indices {
      for allows in [true, false] {
        let parts = [text[..<cut], text[cut...]].map {
          Tokenizer.Segment(String($0), allowsSpecialTokens: allows)
        }
        #expect(tokenizer.encode(parts) == whole)
      }
    }
    #expect(tokenizer.encode([]) == [])
  }

  /// Normalisation, too, sees the joined text.
  @Test func normalisationCrossesSegments() throws {
    let nfc = try TokenizerReference.shared.get().addedTokenizer
    let joined = nfc.encode([
      .init("e", allowsSpecialTokens: true), .init("\u{301}", allowsSpecialTokens: false),
    ])
    #expect(joined == nfc.encode("\u{e9}"))
  }

  // MARK: Decoding

  @Test func bytesAreExactAndRepairedOnlyInText() {
    let ids = tokenizer.encode("🙂")
    #expect(ids.count > 1)
    let half = tokenizer.bytes(of: ids.prefix(1))
    #expect(half == Array(Array("🙂".utf8).prefix(half.count)))
    #expect(tokenizer.decode(ids.prefix(1)) == "\u{fffd}")
    #expect(ids.flatMap { tokenizer.bytes(of: [$0]) } == Array("🙂".utf8))
  }

  @Test func specialTokensAndForeignIdsInDecoding() {
    let ids = [1] + tokenizer.encode("hi") + [2, -1, 1_000_000]
    #expect(tokenizer.decode(ids) == "hi")
    #expect(tokenizer.decode(ids, skippingSpecialTokens: false) == "<|user|>hi<|end|>")
  }

  // MARK: Facts about the file

  @Test func facts() throws {
    #expect(tokenizer.vocabularySize == 700)
    #expect(tokenizer.token("<|end|>") == 2)
    #expect(tokenizer.token("the") == nil)
    #expect(tokenizer.endOfText == 0)
    #expect(tokenizer.beginningOfText == nil)
    #expect(tokenizer.hash.count == 64)
  }

  @Test func endOfTextIsTheConfigurations() throws {
    let json = try TokenizerReference.shared.get().json
    for value in [#""<|end|>""#, #"{"content":"<|end|>"}"#] {
      let named = try Tokenizer(data: json, configuration: Data(#"{"eos_token":\#(value)}"#.utf8))
      #expect(named.endOfText == 2)
    }
    #expect(throws: CheckpointError.self) {
      try Tokenizer(data: json, configuration: Data(#"{"eos_token":"</s>"}"#.utf8))
    }
  }

  /// A template is reported, not applied.
  @Test func templateIsReported() throws {
    let template: [String: Any] = [
      "type": "TemplateProcessing",
      "single": [["SpecialToken": ["id": "<|user|>", "type_id": 0]], ["Sequence": ["id": "A"]]],
    ]
    let data = try editedTokenizer { $0["post_processor"] = template }
    let templated = try Tokenizer(data: data)
    #expect(templated.beginningOfText == 1)
    #expect(templated.encode("hi") == tokenizer.encode("hi"))
    #expect(templated.summary.contains("TemplateProcessing, not applied"))
    #expect(templated.hash == tokenizer.hash)
  }

  @Test func hashIgnoresLayoutAndSeesContent() throws {
    let pairs = try editedTokenizer { root in
      root.edit("model") { model in
        let merges = model["merges"] as? [[String]] ?? []
        model["merges"] = merges.map { $0.joined(separator: " ") }
      }
    }
    #expect(pairs != tokenizer.json)
    #expect(try Tokenizer(data: pairs).hash == tokenizer.hash)
    let changes: [(inout [String: Any]) -> Void] = [
      { $0["normalizer"] = ["type": "NFC"] },
      { $0.edit("pre_tokenizer") { $0["add_prefix_space"] = true } },
      { $0.edit("model") { $0["merges"] = Array(($0["merges"] as? [Any] ?? []).reversed()) } },
      { root in
        var tokens = root["added_tokens"] as? [[String: Any]] ?? []
        tokens[1]["special"] = false
        root["added_tokens"] = tokens
      },
    ]
    for change in changes {
      #expect(try Tokenizer(data: editedTokenizer(change)).hash != tokenizer.hash)
    }
  }

  // MARK: Merging

  /// The two ways of merging agree with each other, on words of all lengths.
  @Test func scanAndQueueAgree() {
    var generator = RandomKey(seed: 1, stage: "test", item: "merges").generator()
    let pairs: [(left: Int32, right: Int32)] = (0..<40).map { _ in
      (Int32(generator.index(below: 12)), Int32(generator.index(below: 12)))
    }
    let merges = TokenizerMerges(
      pairs: pairs, tokens: pairs.map { _ in Int32(4 + generator.index(below: 8)) })
    for _ in 0..<2_000 {
      var scanned = (0..<generator.index(below: 80)).map { _ in
        Int32(generator.index(below: 4))
      }
      var queued = scanned
      let before = scanned.count
      merges.applyByScan(to: &scanned)
      merges.applyByQueue(to: &queued)
      #expect(scanned == queued)
      #expect(scanned.count <= before)
    }
  }

  @Test func oneTokenizerOnManyThreads() async {
    let texts = (0..<200).map { "Item \($0): they've seen \($0 * $0) foxes jump  over\n\nit." }
    let expected = texts.map { tokenizer.encode($0) }
    await withTaskGroup(of: [[Int32]].self) { group in
      for _ in 0..<8 {
        group.addTask { [tokenizer] in texts.map { tokenizer.encode($0) } }
      }
      for await result in group { #expect(result == expected) }
    }
  }

  /// More different words than the cache holds.
  @Test func cacheOverflow() throws {
    let text = (0..<40_000).map { "w\(String($0, radix: 26))" }.joined(separator: ".")
    let first = tokenizer.encode(text)
    #expect(tokenizer.encode(text) == first)
    #expect(tokenizer.decode(first) == text)
  }

  @Test func longWordsTakeModestTime() {
    let text = String(repeating: "theab", count: 40_000)
    let clock = ContinuousClock()
    let time = clock.measure { #expect(tokenizer.decode(tokenizer.encode(text)) == text) }
    #expect(time < .seconds(5))
  }
}
