/// A principle of the supervised stage: how to ask for a critique of a
/// response, and how to ask for its revision.
public struct RevisionPrinciple: Sendable, Hashable {
  /// Unique in its constitution; recorded with every critique and revision.
  public var id: String
  /// Free labels, such as the kind of harm it speaks of.
  public var tags: [String]
  /// Relative chance of being drawn by `rng:weighted`; above 0.
  public var weight: Double
  public var critique: String
  public var revision: String
}

/// A principle of the reinforcement-learning stage: one instruction for
/// choosing between two responses.
public struct PreferencePrinciple: Sendable, Hashable {
  public var id: String
  public var tags: [String]
  public var weight: Double
  public var text: String

  public init(id: String, tags: [String] = [], weight: Double = 1, text: String) {
    self.id = id
    self.tags = tags
    self.weight = weight
    self.text = text
  }
}
