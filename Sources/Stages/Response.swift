import Constitution
import Inference

/// One answer to one prompt.
struct Response {
  var prompt: Prompt
  /// Which sample of that prompt, from 0.
  var draw: Int
  /// The text without its end.
  var text: String
  var tokenCount: Int
  /// Whether the model ended its turn itself.
  var ended: Bool
  /// Mean of -log p over the sampled tokens: an estimate of the entropy, nats.
  var meanSurprise: Double

  init(prompt: Prompt, draw: Int, generation: Generation, conversation: Conversation) {
    self.prompt = prompt
    self.draw = draw
    text = conversation.text(of: generation)
    tokenCount = generation.tokens.count
    ended = generation.finish != .length
    let sum = generation.logProbabilities.reduce(0.0) { $0 - Double($1) }
    meanSurprise = generation.tokens.isEmpty ? 0 : sum / Double(generation.tokens.count)
  }
}
