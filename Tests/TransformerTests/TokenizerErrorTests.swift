import Foundation
import KeyedRandom
import Testing

@testable import Transformer

/// Files that must be refused, with the field's name.
@Suite struct TokenizerErrorTests {
  struct Refusal: Sendable, CustomStringConvertible {
    let expected: String
    let edit: @Sendable (inout [String: Any]) -> Void

    var description: String { expected }

    init(_ expected: String, _ edit: @escaping @Sendable (inout [String: Any]) -> Void) {
      self.expected = expected
      self.edit = edit
    }
  }

  static let refusals: [Refusal] = [
    .init("model.type: WordPiece") { $0.edit("model") { $0["type"] = "WordPiece" } },
    .init("model.dropout: 0.1") { $0.edit("model") { $0["dropout"] = 0.1 } },
    .init("model.end_of_word_suffix") { $0.edit("model") { $0["end_of_word_suffix"] = "</w>" } },
    .init("model.vocab: missing") { $0.edit("model") { $0["vocab"] = nil } },
    .init("model.merges: missing") { $0.edit("model") { $0["merges"] = nil } },
    .init("model.merges[0]") { $0.edit("model") { $0["merges"] = ["a b c"] } },
    .init("model.merges[0]") { $0.edit("model") { $0["merges"] = [["a", "nowhere"]] } },
    .init("makes the special token") {
      $0.edit("model") { model in
        model.edit("vocab") { $0["aq"] = 700 }
        model["merges"] = [["a", "q"]]
      }
      let token: [String: Any] = ["id": 700, "content": "aq", "special": true]
      $0["added_tokens"] = [token]
    },
    .init("the byte 33 has no entry") {
      $0.edit("model") { model in
        model["merges"] = []
        model.edit("vocab") { $0["!"] = nil }
      }
    },
    .init("two entries have id") { $0.edit("model") { $0.edit("vocab") { $0["qq"] = 5 } } },
    .init("has no whole number") { $0.edit("model") { $0.edit("vocab") { $0["qq"] = -5 } } },
    .init("ids below") { $0.edit("model") { $0.edit("vocab") { $0["qq"] = 1 << 40 } } },
    .init("normalizer: type Lowercase") { $0["normalizer"] = ["type": "Lowercase"] },
    .init("pre_tokenizer: null") { $0["pre_tokenizer"] = NSNull() },
    .init("pre_tokenizer: Whitespace") { $0["pre_tokenizer"] = ["type": "Whitespace"] },
    .init("Split.pattern") {
      $0["pre_tokenizer"] = [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Split", "pattern": ["Regex": #"\w+"#], "behavior": "Isolated"],
          ["type": "ByteLevel", "use_regex": false],
        ],
      ]
    },
    .init("Digits.individual_digits") {
      $0["pre_tokenizer"] = [
        "type": "Sequence",
        "pretokenizers": [
          ["type": "Digits", "individual_digits": false], ["type": "ByteLevel"],
        ],
      ]
    },
    .init("decoder: type WordPiece") { $0["decoder"] = ["type": "WordPiece"] },
    .init("post_processor: type BertProcessing") {
      $0["post_processor"] = ["type": "BertProcessing"]
    },
    .init("lstrip = true for \"<m>\"") {
      $0["added_tokens"] = [["id": 700, "content": "<m>", "lstrip": true]]
    },
    .init("has the id 40 of another entry") {
      $0["added_tokens"] = [["id": 40, "content": "<m>", "special": true]]
    },
    .init("is repeated") {
      $0["added_tokens"] = [["id": 700, "content": "<m>"], ["id": 701, "content": "<m>"]]
    },
  ]

  @Test(arguments: refusals) func refuses(_ refusal: Refusal) throws {
    let data = try editedTokenizer { refusal.edit(&$0) }
    let error = #expect(throws: CheckpointError.self) {
      try Tokenizer(data: data, path: "somewhere/tokenizer.json")
    }
    let description = error?.description ?? ""
    #expect(description.contains(refusal.expected), "\(description)")
    #expect(description.hasPrefix("somewhere/tokenizer.json: "))
    #expect(!description.contains("\n"))
  }

  @Test func refusesTextThatIsNotJSON() {
    for text in ["", "{", "[]", "nonsense", "{}", #"{"model":{"vocab":{"a":0,"a":1}}}"#] {
      #expect(throws: CheckpointError.self) { try Tokenizer(data: Data(text.utf8)) }
    }
  }

  /// Damaged files give an error or a tokenizer, never a crash.
  @Test func damagedFiles() throws {
    let data = try Data(
      contentsOf: TokenizerReference.folder.appending(path: "checkpoint-float32/tokenizer.json"))
    var generator = RandomKey(seed: 2, stage: "test", item: "damage").generator()
    var loaded = 0
    for _ in 0..<1_500 {
      var damaged = data
      for _ in 0...generator.index(below: 3) {
        let place = generator.index(below: damaged.count)
        switch generator.index(below: 3) {
        case 0: damaged[place] = UInt8(generator.index(below: 256))
        case 1: damaged[place] = Array("0123456789{}[],:\"\\ntfe-".utf8)[generator.index(below: 23)]
        default: damaged.removeSubrange(place..<min(damaged.count, place + 1 + place % 7))
        }
      }
      do throws(CheckpointError) {
        let tokenizer = try Tokenizer(data: damaged)
        _ = tokenizer.encode("<|user|>Hello, they've 12 é🙂")
        loaded += 1
      } catch {
        #expect(!error.description.contains("\n"))
      }
    }
    #expect(loaded > 0 && loaded < 1_500)
  }
}
