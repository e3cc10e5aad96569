import Foundation
import Inference
import Transformer

/// What a planned run would have to compute, stage by stage.
///
/// A plan runs the whole method with every answer that is on record. Where one
/// is missing a stand-in goes on in its place: a text that no model wrote, so
/// that what would be asked about it is not on record either.
final class PlanTally {
  struct Work {
    /// Prompt and new tokens of calls to make, at most.
    var callTokens = 0
    /// Tokens of training steps to make, forward and backward.
    var trainingTokens = 0
    /// Tokens that are only read, forward.
    var readTokens = 0
  }

  private(set) var work = Work()

  /// The work added since the last call.
  func take() -> Work {
    defer { work = Work() }
    return work
  }

  func addTraining(tokens: Int) { work.trainingTokens += tokens }
  func addReading(tokens: Int) { work.readTokens += tokens }

  func generations(
    _ requests: [GenerationRequest], _ keys: [Data], _ tokenizer: Tokenizer
  ) -> [Generation] {
    zip(requests, keys).map { request, key in
      // Models rarely use the whole limit; a third of it is what is counted.
      work.callTokens +=
        request.prompt.count - request.sharedPrefixLength + request.maximumNewTokens / 3
      let name = key.prefix(6).map { String($0, radix: 16) }.joined()
      let tokens = tokenizer.encode("(planned \(name))")
      return Generation(
        tokens: tokens, logProbabilities: tokens.map { _ in -1 }, finish: .stopToken)
    }
  }

  func choices(_ requests: [ChoiceRequest]) -> [[Float]] {
    requests.map { request in
      work.callTokens += request.prompt.count - request.sharedPrefixLength
      return request.choices.map { _ in -log(Float(request.choices.count)) }
    }
  }
}
