import Foundation
import Testing

@testable import Transformer

/// What `scripts/reference/record_tokenizer.py` recorded.
struct TokenizerReference {
  struct Case {
    let name: String
    let tokenizer: Tokenizer
    let ids: [[Int32]]
  }

  let texts: [String]
  let cases: [Case]
  let addedTokenizer: Tokenizer
  let addedTexts: [String]
  let addedIds: [[Int32]]
  let trainingTexts: [String]
  let trainingSize: Int
  let trainingSpecial: [String]
  let trainingMerges: [String]
  /// The recorded tokenizer.json.
  let json: Data

  static let shared = Result { try TokenizerReference() }
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Reference")

  private init() throws {
    let file = try Data(contentsOf: Self.folder.appending(path: "tokenizer.json"))
    let root = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let base = try #require(root["tokenizer"] as? [String: Any])
    let training = try #require(root["training"] as? [String: Any])
    let added = try #require(root["added"] as? [String: Any])
    texts = try #require(root["texts"] as? [String])
    json = try JSONSerialization.data(withJSONObject: base)
    cases = try #require(root["cases"] as? [[String: Any]]).map { entry in
      var description = base
      var model = try #require(base["model"] as? [String: Any])
      for (field, value) in try #require(entry["fields"] as? [String: Any]) {
        if field == "ignore_merges" { model[field] = value } else { description[field] = value }
      }
      if let vocabulary = entry["vocab"] { model["vocab"] = vocabulary }
      description["model"] = model
      return Case(
        name: try #require(entry["name"] as? String),
        tokenizer: try Tokenizer(data: JSONSerialization.data(withJSONObject: description)),
        ids: try Self.ids(entry))
    }
    addedTokenizer = try Tokenizer(
      data: JSONSerialization.data(withJSONObject: #require(added["tokenizer"])))
    addedTexts = try #require(added["texts"] as? [String])
    addedIds = try Self.ids(added)
    trainingTexts = try #require(training["texts"] as? [String])
    trainingSize = try #require(training["vocabulary_size"] as? Int)
    trainingSpecial = try #require(training["special_tokens"] as? [String])
    trainingMerges = try #require(training["merges"] as? [String])
  }

  private static func ids(_ entry: [String: Any]) throws -> [[Int32]] {
    try #require(entry["ids"] as? [[Int]]).map { $0.map(Int32.init) }
  }
}

/// The bytes of a tokenizer.json, changed by `edit`.
func editedTokenizer(_ edit: (inout [String: Any]) throws -> Void) throws -> Data {
  let json = try TokenizerReference.shared.get().json
  var root = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
  try edit(&root)
  return try JSONSerialization.data(withJSONObject: root)
}

extension [String: Any] {
  /// Changes a member that is itself an object.
  mutating func edit(_ key: String, _ body: (inout [String: Any]) throws -> Void) rethrows {
    var member = self[key] as? [String: Any] ?? [:]
    try body(&member)
    self[key] = member
  }
}
