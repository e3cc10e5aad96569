/// How a conversation becomes text: the `chat_format.json` of a model directory.
///
/// A turn is its speaker's marker, its text and `endOfTurn`. Markers may name
/// special tokens; the turns' own text never becomes one.
public struct ChatFormat: Codable, Hashable, Sendable {
  /// Written before what the user says.
  public var user: String
  /// Written before what the assistant says. Spaces at its end belong to the
  /// reply: a prompt for a reply leaves them out, so that a model sees the same
  /// tokens when it generates as when it was trained, and its reply starts with
  /// them.
  public var assistant: String
  /// Written after each turn; empty where the next marker ends a turn.
  public var endOfTurn: String

  private enum CodingKeys: String, CodingKey {
    case user, assistant
    case endOfTurn = "end_of_turn"
  }

  public init(user: String, assistant: String, endOfTurn: String) {
    self.user = user
    self.assistant = assistant
    self.endOfTurn = endOfTurn
  }

  /// The form of Anthropic's papers, for models without a format of their own.
  public static let plain = ChatFormat(
    user: "\n\nHuman: ", assistant: "\n\nAssistant: ", endOfTurn: "")

  public enum Role: String, Codable, Hashable, Sendable {
    case user, assistant
  }

  public struct Turn: Codable, Hashable, Sendable {
    public var role: Role
    public var text: String

    public init(_ role: Role, _ text: String) {
      self.role = role
      self.text = text
    }
  }

  /// The conversation's segments for `Tokenizer.encode`. With `awaitingReply` the
  /// assistant's marker, without the spaces at its end, follows the last turn.
  public func segments(_ turns: [Turn], awaitingReply: Bool = false) -> [Tokenizer.Segment] {
    var segments: [Tokenizer.Segment] = []
    func add(_ text: Substring, isMarker: Bool) {
      guard !text.isEmpty else { return }
      segments.append(.init(String(text), allowsSpecialTokens: isMarker))
    }
    for turn in turns {
      add(turn.role == .user ? user[...] : assistant[...], isMarker: true)
      add(turn.text[...], isMarker: false)
      add(endOfTurn[...], isMarker: true)
    }
    if awaitingReply {
      let end = assistant.lastIndex { $0 != " " }.map(assistant.index(after:))
      add(assistant[..<(end ?? assistant.startIndex)], isMarker: true)
    }
    return segments
  }

  /// The same format as a Hugging Face `chat_template`.
  var jinjaTemplate: String {
    func literal(_ text: String) -> String { CheckpointJSON.string(text).text() }
    let opening = String(assistant.reversed().drop { $0 == " " }.reversed())
    return #"{% for message in messages %}{% if message["role"] == "user" %}{{ "#
      + literal(user) + #" }}{% elif message["role"] == "assistant" %}{{ "#
      + literal(assistant)
      + #" }}{% else %}{{ raise_exception("only user and assistant turns are known") }}"#
      + #"{% endif %}{{ message["content"] + "# + literal(endOfTurn)
      + #" }}{% endfor %}{% if add_generation_prompt %}{{ "# + literal(opening)
      + #" }}{% endif %}"#
  }
}
