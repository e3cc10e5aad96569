import Foundation
import Testing

@testable import Transformer

/// Equality with Hugging Face's tokenizers library.
@Suite struct TokenizerReferenceTests {
  let reference: TokenizerReference

  init() throws { reference = try TokenizerReference.shared.get() }

  @Test func everyCaseEncodesAsRecorded() {
    #expect(reference.cases.count == 9 && reference.texts.count > 300)
    for recorded in reference.cases {
      for (text, ids) in zip(reference.texts, recorded.ids) {
        #expect(
          recorded.tokenizer.encode(text) == ids, "\(recorded.name): \(text.debugDescription)")
      }
    }
  }

  /// The cases must differ from each other, or they would test one thing nine times.
  @Test func casesDiffer() {
    let distinct = Set(reference.cases.map(\.ids))
    #expect(distinct.count == 7)
    #expect(Set(reference.cases.map(\.tokenizer.hash)).count == 7)
  }

  @Test func decodingGivesTheTextBack() throws {
    for recorded in reference.cases
    where recorded.name != "gpt2 with prefix space" && recorded.name != "qwen 2 with NFC" {
      for text in reference.texts {
        let bytes = recorded.tokenizer.bytes(
          of: recorded.tokenizer.encode(text), skippingSpecialTokens: false)
        #expect(bytes == Array(text.utf8), "\(recorded.name): \(text.debugDescription)")
      }
    }
  }

  @Test func addedTokensAsRecorded() {
    for (text, ids) in zip(reference.addedTexts, reference.addedIds) {
      #expect(reference.addedTokenizer.encode(text) == ids, "\(text.debugDescription)")
    }
  }

  @Test func trainingAsRecorded() throws {
    let data = TokenizerTrainer.train(
      on: reference.trainingTexts, vocabularySize: reference.trainingSize,
      specialTokens: reference.trainingSpecial)
    let trained = try Tokenizer(data: data)
    let json = try CheckpointJSON(parsing: data)
    let merges = json["model"]?["merges"]?.array?.compactMap(\.string)
    #expect(merges == reference.trainingMerges)
    #expect(trained.hash == reference.cases[0].tokenizer.hash)
  }
}
