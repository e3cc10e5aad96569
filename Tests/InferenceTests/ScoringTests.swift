import Foundation
import Inference
import KeyedRandom
import Testing
import Transformer

@Suite struct ScoringTests {
  /// Sum of the log-probabilities of `choice` after `prompt`, by the training
  /// forward pass.
  private func naiveScore(_ model: Model, _ prompt: [Int32], _ choice: [Int32]) -> Float {
    let rows = trainingLogProbabilities(model, prompt + choice)
    return choice.indices.reduce(0) {
      $0 + rows[prompt.count - 1 + $1][Int(choice[$1])]
    }
  }

  private func requests() -> [ChoiceRequest] {
    (0..<18).map { index in
      let single = index % 3 == 0
      return ChoiceRequest(
        prompt: tokens(12, item: 500) + tokens(1 + index, item: index),
        sharedPrefixLength: index % 2 * 12,
        choices: (0..<(1 + index % 4)).map {
          tokens(single ? 1 : 1 + (index + 3 * $0) % 9, item: 100 + index * 7 + $0)
        })
    }
  }

  @Test func choicesEqualNaiveForward() throws {
    let model = try makeModel()
    let requests = requests()
    let scores = try makeEngine(model).scoreChoices(requests)
    for (request, scores) in zip(requests, scores) {
      #expect(scores.count == request.choices.count)
      for (choice, score) in zip(request.choices, scores) {
        #expect(abs(score - naiveScore(model, request.prompt, choice)) < 3e-4)
      }
    }
  }

  @Test func choicesDoNotDependOnCompany() throws {
    let model = try makeModel()
    let requests = requests()
    let expected = try makeEngine(model, .init(sharesPrefixes: false)).scoreChoices(requests)
    for options in [
      LocalEngine.Options(), .init(lanes: 1, slotsPerLane: 1, rowsPerStep: 3),
      .init(lanes: 3, slotsPerLane: 4, rowsPerStep: 16),
    ] {
      let engine = try makeEngine(model, options)
      #expect(try engine.scoreChoices(requests) == expected, "\(options)")
      #expect(try engine.scoreChoices(requests.reversed()) == expected.reversed())
      for index in [2, 3] {
        #expect(try engine.scoreChoices([requests[index]]) == [expected[index]])
      }
    }
    // A choice alone scores as it does among others.
    for (request, scores) in zip(requests, expected) {
      let alone = try makeEngine(model).scoreChoices(
        request.choices.map { ChoiceRequest(prompt: request.prompt, choices: [$0]) })
      #expect(alone == scores.map { [$0] })
    }
    #expect(try makeEngine(model).scoreChoices([ChoiceRequest(prompt: [1], choices: [])]) == [[]])
  }

  @Test func tokenLogProbabilitiesEqualNaiveForward() throws {
    let model = try makeModel()
    let sequences = (0..<20).map { tokens(1 + 4 * $0, item: $0) }
    let engine = try makeEngine(model, .init(rowsPerStep: 32))
    let results = try engine.tokenLogProbabilities(sequences)
    for (sequence, result) in zip(sequences, results) {
      #expect(result.count == sequence.count - 1)
      let rows = trainingLogProbabilities(model, sequence)
      for index in result.indices {
        #expect(abs(result[index] - rows[index][Int(sequence[index + 1])]) < 1e-4)
      }
    }
    let whole = try makeEngine(model, .init(lanes: 1, rowsPerStep: 500))
    #expect(try whole.tokenLogProbabilities(sequences) == results)
  }

  /// The three calls agree bit by bit on one sequence.
  @Test func callsAgree() throws {
    let engine = try makeEngine(try makeModel())
    let prompt = tokens(9, item: 3)
    let generation = try engine.generate([
      GenerationRequest(
        prompt: prompt, sampling: Sampling(), key: RandomKey(seed: 1, stage: "t", item: 1),
        maximumNewTokens: 8)
    ])[0]
    let values = try engine.tokenLogProbabilities([prompt + generation.tokens])[0]
    #expect(Array(values.suffix(8)) == generation.logProbabilities)
    let first = try engine.scoreChoices([
      ChoiceRequest(prompt: prompt, choices: [[generation.tokens[0]]])
    ])
    #expect(first == [[generation.logProbabilities[0]]])
  }
}
