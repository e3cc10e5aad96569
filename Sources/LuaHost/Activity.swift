/// What the program is doing while a script runs, for messages: `ppo iteration 3,
/// prompt h12, principle theft`. Put into words only when they are needed,
/// because every call of a callback carries one.
public struct Activity: Sendable, Hashable {
  /// Such as `ppo iteration`.
  public var stage: String
  public var number: Int?
  /// What the item is, and its name: `prompt` and `h12`.
  public var kind: String
  public var item: String
  /// The principle it is about.
  public var principle: String?

  public init(
    _ stage: String, _ number: Int? = nil, _ kind: String, _ item: String,
    principle: String? = nil
  ) {
    self.stage = stage
    self.number = number
    self.kind = kind
    self.item = item
    self.principle = principle
  }

  /// The same about a principle.
  public func about(_ principle: String) -> Activity {
    var copy = self
    copy.principle = principle
    return copy
  }
}

extension Activity: CustomStringConvertible {
  public var description: String {
    var text = stage
    if let number { text += " \(number)" }
    if !kind.isEmpty { text += text.isEmpty ? "\(kind) \(item)" : ", \(kind) \(item)" }
    if let principle { text += ", principle \(principle)" }
    return text
  }
}

extension Activity: ExpressibleByStringInterpolation {
  /// An activity that is already in words.
  public init(stringLiteral value: String) {
    self.init(value, nil, "", "")
  }
}
