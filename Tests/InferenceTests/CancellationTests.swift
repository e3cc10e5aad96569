import KeyedRandom
import Synchronization
import Testing

@testable import Inference

@Suite struct CancellationTests {
  private func engine(_ cancellation: Cancellation) throws -> LocalEngine {
    LocalEngine(
      model: try makeModel(), tokenizer: try makeTokenizer(), identity: "test",
      options: .init(lanes: 2, slotsPerLane: 3), cancellation: cancellation)
  }

  private let choices = [
    ChoiceRequest(prompt: [1, 2, 3], choices: [[4, 5], [6]]),
    ChoiceRequest(prompt: [7], choices: [[8], [9, 10, 11]]),
  ]
  private let sequences: [[Int32]] = [[1, 2, 3, 4, 5], [6, 7, 8]]

  /// Far more work than is done by the first report of progress.
  private static let long = (0..<4000).map { index in
    GenerationRequest(
      prompt: tokens(10, item: index), sampling: Sampling(),
      key: RandomKey(seed: 1, stage: "long", item: index), maximumNewTokens: 80)
  }

  @Test func everyKindOfCallEnds() throws {
    let cancellation = Cancellation()
    let engine = try engine(cancellation)
    cancellation.cancel()
    #expect(throws: Cancelled()) { try engine.generate(makeRequests(4)) }
    #expect(throws: Cancelled()) { try engine.scoreChoices(choices) }
    #expect(throws: Cancelled()) { try engine.tokenLogProbabilities(sequences) }
    // Cancelled until somebody says otherwise.
    #expect(throws: Cancelled()) { try engine.generate(makeRequests(1)) }
    cancellation.reset()
    #expect(try engine.generate(makeRequests(4)).count == 4)
  }

  @Test func readingACommonBeginningEnds() throws {
    let beginning = tokens(60, item: 1)
    let requests = (0..<12).map { index in
      GenerationRequest(
        prompt: beginning + [Int32(index)], sharedPrefixLength: 60, sampling: Sampling(),
        key: RandomKey(seed: 1, stage: "t", item: index), maximumNewTokens: 3)
    }
    let expected = try makeEngine(try makeModel()).generate(requests)
    let cancellation = Cancellation()
    let engine = try engine(cancellation)
    cancellation.cancel()
    #expect(throws: Cancelled()) { try engine.generate(requests) }
    cancellation.reset()
    #expect(try engine.generate(requests) == expected)
  }

  @Test func aCallIsEndedAtWork() throws {
    let cancellation = Cancellation()
    let engine = try engine(cancellation)
    let reported = Mutex(0)
    #expect(throws: Cancelled()) {
      try engine.generate(Self.long) { done, _ in
        reported.withLock { $0 = max($0, done) }
        cancellation.cancel()
      }
    }
    #expect(reported.withLock { $0 } < Self.long.count / 2)
  }

  @Test func laterCallsReturnWhatTheyAlwaysDo() throws {
    let requests = makeRequests(24)
    let untouched = try makeEngine(try makeModel())
    let expected = try untouched.generate(requests)
    let expectedScores = try untouched.scoreChoices(choices)
    let expectedValues = try untouched.tokenLogProbabilities(sequences)

    let cancellation = Cancellation()
    let engine = try engine(cancellation)
    for _ in 0..<3 {
      // Ended in the middle, with half-read prompts in the slots.
      #expect(throws: Cancelled()) {
        try engine.generate(Self.long) { _, _ in cancellation.cancel() }
      }
      cancellation.reset()
      #expect(try engine.generate(requests) == expected)
      #expect(try engine.scoreChoices(choices) == expectedScores)
      #expect(try engine.tokenLogProbabilities(sequences) == expectedValues)
    }
  }
}
