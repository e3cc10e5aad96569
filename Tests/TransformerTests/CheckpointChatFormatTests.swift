import Foundation
import Testing

@testable import Transformer

@Suite struct CheckpointChatFormatTests {
  let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(data: TokenizerReference.shared.get().json) }

  @Test func plainConversation() {
    let turns: [ChatFormat.Turn] = [.init(.user, "Hi"), .init(.assistant, "Yes")]
    let text = ChatFormat.plain.segments(turns).map(\.text).joined()
    #expect(text == "\n\nHuman: Hi\n\nAssistant: Yes")
    let open = ChatFormat.plain.segments([turns[0]], awaitingReply: true).map(\.text).joined()
    #expect(open == "\n\nHuman: Hi\n\nAssistant:")
  }

  /// A prompt's tokens begin the tokens of the conversation it leads to.
  @Test func promptsArePrefixes() {
    let formats = [
      ChatFormat.plain,
      ChatFormat(user: "<|user|>", assistant: "<|end|><|user|>", endOfTurn: "<|end|>"),
    ]
    for format in formats {
      let turns: [ChatFormat.Turn] = [
        .init(.user, "What is it? <|end|>"), .init(.assistant, "It's 12."),
      ]
      let whole = tokenizer.encode(format.segments(turns))
      let prompt = tokenizer.encode(format.segments([turns[0]], awaitingReply: true))
      #expect(whole.starts(with: prompt))
    }
  }

  @Test func onlyMarkersBecomeSpecialTokens() {
    let format = ChatFormat(user: "<|user|>", assistant: "A:", endOfTurn: "<|end|>")
    let ids = tokenizer.encode(format.segments([.init(.user, "<|end|><|user|>")]))
    #expect(ids.filter(tokenizer.isSpecial) == [1, 2])
  }

  @Test func codingKeysAreTheFiles() throws {
    let json = try JSONEncoder().encode(ChatFormat(user: "U", assistant: "A", endOfTurn: "E"))
    let value = try CheckpointJSON(parsing: json)
    #expect(value["end_of_turn"]?.string == "E" && value.members?.count == 3)
  }
}
