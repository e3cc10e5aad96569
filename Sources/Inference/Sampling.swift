/// How a token is chosen from the model's next-token distribution.
///
/// Logits are divided by `temperature`; then only the `topK` most probable
/// tokens stay; then, of these renormalised, the smallest set of most probable
/// tokens whose mass reaches `topP`. Equal probabilities rank by token id,
/// lowest first. The token is drawn from what stays, renormalised.
public struct Sampling: Hashable, Sendable, Codable {
  /// 0 takes the most probable token (the lowest id among equals) and draws
  /// nothing; else positive and finite.
  public var temperature: Float
  /// At least 1; `nil` keeps all tokens.
  public var topK: Int?
  /// In (0, 1]; `nil` keeps all tokens.
  public var topP: Float?

  public init(temperature: Float = 1, topK: Int? = nil, topP: Float? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// The most probable token, always.
  public static let greedy = Sampling(temperature: 0)

  /// What is wrong with these values, or `nil`.
  var complaint: String? {
    if !temperature.isFinite || temperature < 0 {
      return "temperature is \(temperature); use 0 (greedy) or a positive number"
    }
    if let topK, topK < 1 { return "top-k is \(topK); use 1 or more, or leave it out" }
    if let topP, !(topP > 0 && topP <= 1) {
      return "top-p is \(topP); use a number in (0, 1], or leave it out"
    }
    return nil
  }
}
