import Inference
import Kernels
import KeyedRandom
import Synchronization
import Testing
import Transformer

@Suite struct RequestErrorTests {
  private func message(_ body: () throws -> Void) throws -> String {
    try #require(#expect(throws: InferenceError.self) { try body() }).description
  }

  private func request(_ prompt: [Int32]) -> GenerationRequest {
    GenerationRequest(
      prompt: prompt, sampling: Sampling(), key: RandomKey(seed: 1, stage: "t", item: 0),
      maximumNewTokens: 4)
  }

  @Test func aPromptBeyondTheContext() throws {
    let engine = try makeEngine(try makeModel(context: 32))
    for count in [32, 33, 500] {
      let told = Mutex(0)
      let text = try message {
        _ = try engine.generate([request([1, 2]), request(tokens(count, item: 1))]) { _, _ in
          told.withLock { $0 += 1 }
        }
      }
      #expect(text.contains("request 1") && text.contains("\(count) tokens"))
      #expect(text.contains("context of 32") && !text.contains("\n"))
      #expect(told.withLock { $0 } == 0)
    }
    let choices = try message {
      _ = try engine.scoreChoices([
        ChoiceRequest(prompt: tokens(30, item: 1), choices: [[1], [1, 2, 3]])
      ])
    }
    #expect(choices.contains("30 tokens") && choices.contains("context of 32"))
    let sequence = try message { _ = try engine.tokenLogProbabilities([tokens(33, item: 1)]) }
    #expect(sequence.contains("request 0") && sequence.contains("33 tokens"))
    // The longest that fit.
    _ = try engine.generate([request(tokens(31, item: 1))])
    _ = try engine.scoreChoices([
      ChoiceRequest(prompt: tokens(29, item: 1), choices: [[1, 2, 3]])
    ])
    _ = try engine.tokenLogProbabilities([tokens(32, item: 1)])
  }

  @Test func tokensOutsideTheVocabulary() throws {
    let engine = try makeEngine(try makeModel())
    for bad in [-1, 300] as [Int32] {
      let text = try message { _ = try engine.generate([request([1, 2, bad])]) }
      #expect(text.contains("token 2 of the prompt is \(bad)"))
      let choice = try message {
        _ = try engine.scoreChoices([ChoiceRequest(prompt: [1], choices: [[1], [bad]])])
      }
      #expect(choice.contains("token 0 of the choice 1 is \(bad)"))
    }
    #expect(try message { _ = try engine.generate([request([])]) }.contains("no tokens"))
    #expect(
      try message {
        _ = try engine.scoreChoices([ChoiceRequest(prompt: [1], choices: [[]])])
      }.contains("choice 0 has no tokens"))
  }

  @Test(arguments: [
    (Sampling(temperature: -1), "temperature is -1"),
    (Sampling(temperature: .nan), "temperature is nan"),
    (Sampling(temperature: .infinity), "temperature is inf"),
    (Sampling(topK: 0), "top-k is 0"), (Sampling(topP: 0), "top-p is 0"),
    (Sampling(topP: 1.5), "top-p is 1.5"), (Sampling(topP: .nan), "top-p is nan"),
  ])
  func samplings(_ sampling: Sampling, _ expected: String) throws {
    let engine = try makeEngine(try makeModel())
    var bad = request([1])
    bad.sampling = sampling
    #expect(try message { _ = try engine.generate([bad]) }.contains(expected))
  }

  @Test func otherFields() throws {
    let engine = try makeEngine(try makeModel())
    var bad = request([1, 2])
    bad.sharedPrefixLength = 3
    #expect(try message { _ = try engine.generate([bad]) }.contains("sharedPrefixLength is 3"))
    bad = request([1])
    bad.maximumNewTokens = -1
    #expect(try message { _ = try engine.generate([bad]) }.contains("maximumNewTokens is -1"))
    bad = request([1])
    bad.stopStrings = ["x", ""]
    #expect(try message { _ = try engine.generate([bad]) }.contains("stop string is empty"))
  }

  @Test func divergedWeights() throws {
    let model = try makeModel()
    model.parameters[model.parameters.count - 1] = .nan
    model.parameters[0] = .nan
    for index in 0..<model.parameters.count where index % 97 == 0 {
      model.parameters[index] = .nan
    }
    let engine = try makeEngine(model)
    let requests = (0..<40).map { request([Int32($0), 2]) }
    #expect(try message { _ = try engine.generate(requests) }.contains("not finite"))
    #expect(
      try message {
        _ = try engine.scoreChoices([ChoiceRequest(prompt: [1], choices: [[2]])])
      }.contains("not finite"))
    // The engine is usable afterwards.
    let fresh = try makeModel()
    for index in 0..<model.parameters.count { model.parameters[index] = fresh.parameters[index] }
    #expect(try engine.generate(requests) == makeEngine(fresh).generate(requests))
  }
}
