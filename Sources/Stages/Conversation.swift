import Constitution
public import Inference
public import Transformer

/// Turns prompts, answers and rendered templates into tokens.
public struct Conversation: Sendable {
  public let tokenizer: Tokenizer
  let chat: ChatFormat

  /// The token that ends a turn, appended to answers and stopped at.
  public let endOfTurn: Int32

  /// Throws when the chat format's end of a turn is not one token.
  public init(tokenizer: Tokenizer, chat: ChatFormat) throws {
    self.tokenizer = tokenizer
    self.chat = chat
    let tokens = tokenizer.encode(chat.endOfTurn)
    guard tokens.count == 1 else {
      throw StageError(
        "the end of a turn, '\(chat.endOfTurn)', is \(tokens.count) tokens in this tokenizer; "
          + "it must be one special token — see chat_format.json in the model's directory")
    }
    endOfTurn = tokens[0]
  }

  /// What the user said, up to where the assistant begins.
  public func prompt(_ text: String) -> [Int32] {
    tokenizer.encode([
      .init(chat.user, allowsSpecialTokens: true),
      .init(text, allowsSpecialTokens: false),
      .init(chat.endOfTurn, allowsSpecialTokens: true),
      .init(chat.assistant, allowsSpecialTokens: true),
    ])
  }

  /// An answer and the end of its turn.
  func answer(_ text: String) -> [Int32] {
    tokenizer.encode([.init(text, allowsSpecialTokens: false)]) + [endOfTurn]
  }

  func tokens(_ pieces: [Template.Piece]) -> [Int32] {
    tokenizer.encode(
      pieces.map { .init($0.text, allowsSpecialTokens: !$0.isData) })
  }

  /// The generated text, without the end of the turn or the stop string that
  /// ended it.
  public func text(of generation: Generation, stopStrings: [String] = []) -> String {
    if generation.finish == .stopString {
      return generation.text(tokenizer, stopStrings: stopStrings).trimmed
    }
    var tokens = generation.tokens[...]
    if tokens.last == endOfTurn { tokens.removeLast() }
    return tokenizer.decode(tokens).trimmed
  }
}

extension String {
  /// Without white space at either end.
  fileprivate var trimmed: String {
    let start = unicodeScalars.drop { $0.properties.isWhitespace }
    var end = start
    while let last = end.last, last.properties.isWhitespace { end.removeLast() }
    return String(end)
  }
}
