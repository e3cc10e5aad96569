/// A published few-shot text of the supervised stage: a conversation, the critique
/// of its last response, and its revision.
public struct Exchange: Sendable {
  /// The whole text.
  public let text: String
  let critiqueRequest: String
  let revisionRequest: String
  /// The response that is criticised, and what became of it.
  let response: String
  let revision: String

  /// The beginning of the turn after the exchange, with which some texts end.
  static let nextTurn = "\n\nHuman:"

  var endsInNextTurn: Bool { text.hasUTF8Suffix(Self.nextTurn) }

  init(_ text: String) throws(ImportError) {
    let markers = [
      Frame.critique.opening, Frame.critique.closing + " ", Frame.revision.opening,
      Frame.revision.closing + " ",
    ]
    guard text.utf8.starts(with: "\n\nHuman: ".utf8), let parts = text.parts(around: markers),
      let answer = parts[0].utf8.ranges(of: "\n\nAssistant: ".utf8).last
    else {
      throw ImportError(
        #"expected "\n\nHuman: ", "\n\nAssistant: ", and once each and in this order "#
          + markers.map(shown).joined(separator: ", ") + ", got \(shown(text))")
    }
    self.text = text
    critiqueRequest = parts[1]
    revisionRequest = parts[3]
    response = String(Substring(parts[0].utf8[answer.upperBound...]))
    revision =
      parts[4].hasUTF8Suffix(Self.nextTurn)
      ? String(Substring(parts[4].utf8.dropLast(Self.nextTurn.utf8.count))) : parts[4]
  }
}

/// A published few-shot text of the reinforcement-learning stage with reasoning:
/// a question with a slot for the principle, the reasoning and the answer.
public struct Reasoning: Sendable {
  /// The whole text, with the slot.
  public let text: String
  /// The option it decides for: `"A"` or `"B"`.
  let answer: String

  /// Where the principle belongs.
  static let slot = "{}"
  static let opening = "\n\nHuman:"
  /// Before the letter of the answer.
  static let decision = "\n\nHuman:\nSo the answer is:"
  static let introduction =
    "\n\nHuman: Consider the following conversation between a human (H) and an assistant (A):"
  static let thought = "\n\nAssistant: Let's think step by step:"

  var hasUniformOpening: Bool { text.utf8.starts(with: Self.opening.utf8) }
  /// Whether it says which label stands for whom, as the template does.
  var namesLabels: Bool {
    text.utf8.contains(Self.introduction.utf8.dropFirst(Self.opening.utf8.count))
  }

  init(_ text: String) throws(ImportError) {
    let markers = [Self.slot, "\n (A) [[[", "\n (B) [[[", Self.thought, Self.decision]
    let begins = text.utf8.drop { $0 == UInt8(ascii: "\n") }.starts(with: "Human: ".utf8)
    guard begins, let parts = text.parts(around: markers),
      let answer = ["A", "B"].first(where: { parts[5] == " (\($0))" })
    else {
      throw ImportError(
        #"expected "Human: ", once each and in this order "#
          + markers.map(shown).joined(separator: ", ")
          + #", and at the end " (A)" or " (B)", got "# + shown(text))
    }
    self.text = text
    self.answer = answer
  }
}
