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
  private let shared: PlannedWork

  /// - Parameter shared: what earlier plans would have on record by then.
  init(shared: PlannedWork = PlannedWork()) { self.shared = shared }

  /// Whether this is the first to plan the call or training with that name.
  func claim(_ name: Data) -> Bool { shared.names.insert(name).inserted }

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
      if !shared.names.contains(key) {
        work.callTokens +=
          request.prompt.count - request.sharedPrefixLength + request.maximumNewTokens / 3
      }
      let name = key.prefix(6).map { String($0, radix: 16) }.joined()
      let tokens = tokenizer.encode("(planned \(name))")
      return Generation(
        tokens: tokens, logProbabilities: tokens.map { _ in -1 }, finish: .stopToken)
    }
  }

  func choices(_ requests: [ChoiceRequest], _ keys: [Data]) -> [[Float]] {
    zip(requests, keys).map { request, key in
      if !shared.names.contains(key) {
        work.callTokens += request.prompt.count - request.sharedPrefixLength
      }
      // Another answer for every call, so that what is made of it differs too.
      return request.choices.indices.map { index in
        -1 - Float(key[key.startIndex + index % key.count]) / 256
      }
    }
  }
}

/// The calls and trainings of several plans that would be made one after another.
final class PlannedWork {
  fileprivate(set) var names: Set<Data> = []
}
