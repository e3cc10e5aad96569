/// What stands on top of the final norm.
public enum Head: String, Codable, Hashable, Sendable, CaseIterable {
  /// Logits over the vocabulary, `[V, C]`; shares the embedding when tied.
  case languageModel
  /// One number a row: `score.weight`, `[1, C]`, no bias.
  case scalar
}
