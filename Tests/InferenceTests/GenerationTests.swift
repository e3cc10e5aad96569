import Foundation
import Kernels
import KeyedRandom
import Synchronization
import Testing
import Transformer

@testable import Inference

@Suite struct GenerationTests {
  @Test func greedyEqualsNaiveForward() throws {
    let model = try makeModel()
    let engine = try makeEngine(model)
    for item in 0..<6 {
      let prompt = tokens(3 + 5 * item, item: item)
      let result = try engine.generate([
        GenerationRequest(
          prompt: prompt, sampling: .greedy,
          key: RandomKey(seed: 1, stage: "t", item: item), maximumNewTokens: 15)
      ])[0]
      var sequence = prompt
      for (index, token) in result.tokens.enumerated() {
        let row = trainingLogProbabilities(model, sequence).last!
        let best = row.firstIndex(of: row.max()!)!
        #expect(Int(token) == best)
        #expect(abs(result.logProbabilities[index] - row[best]) < 1e-4)
        sequence.append(token)
      }
      #expect(result.tokens.count == 15 && result.finish == .length)
    }
  }

  @Test func greedyTakesTheLowestOfEqualTokens() throws {
    // All logits are 0.
    let model = try makeModel()
    model.parameters.zero()
    let result = try makeEngine(model).generate([
      GenerationRequest(
        prompt: [5], sampling: .greedy, key: RandomKey(seed: 1, stage: "t", item: 0),
        maximumNewTokens: 3)
    ])[0]
    #expect(result.tokens == [0, 0, 0])
    #expect(result.logProbabilities.allSatisfy { abs($0 + log(300)) < 1e-4 })
  }

  @Test func logProbabilitiesAreOfTheDistributionThatSampled() throws {
    let model = try makeModel()
    let requests = makeRequests(24)
    let results = try makeEngine(model).generate(requests)
    for (request, result) in zip(requests, results) {
      let rows = trainingLogProbabilities(
        model, request.prompt + result.tokens,
        temperature: request.sampling.temperature == 0 ? 1 : request.sampling.temperature)
      for (index, token) in result.tokens.enumerated() {
        let row = restrict(
          rows[request.prompt.count - 1 + index], topK: request.sampling.topK,
          topP: request.sampling.topP)
        #expect(abs(result.logProbabilities[index] - row[Int(token)]) < 1e-4)
      }
    }
  }

  @Test func tokensAreDrawnByTheKeysNumbers() throws {
    // Inverse-CDF draws repeated from the training forward's distribution.
    let model = try makeModel()
    let requests = makeRequests(24)
    let results = try makeEngine(model).generate(requests)
    for (request, result) in zip(requests, results) where request.sampling.temperature > 0 {
      var generator = request.key.generator()
      let rows = trainingLogProbabilities(
        model, request.prompt + result.tokens, temperature: request.sampling.temperature)
      for (index, token) in result.tokens.enumerated() {
        let row = restrict(
          rows[request.prompt.count - 1 + index], topK: request.sampling.topK,
          topP: request.sampling.topP
        ).map { exp(Double($0)) }
        let uniform = generator.uniform()
        let below = row[..<Int(token)].reduce(0, +)
        #expect(below - 1e-4 <= uniform && uniform <= below + row[Int(token)] + 1e-4)
      }
    }
  }

  @Test func resultsDoNotDependOnCompany() throws {
    let model = try makeModel()
    let requests = makeRequests(64)
    let expected = try makeEngine(model).generate(requests)
    #expect(Set(expected.map(\.finish)) == [.length, .stopToken])

    let engine = try makeEngine(model)
    for index in [0, 1, 2, 3, 38, 63] {
      #expect(try engine.generate([requests[index]]) == [expected[index]])
    }
    for start in stride(from: 0, to: 64, by: 8) {
      let part = Array(requests[start..<(start + 8)])
      #expect(try engine.generate(part) == Array(expected[start..<(start + 8)]))
    }
    #expect(try engine.generate(requests.reversed()) == expected.reversed())
    let layouts = [
      LocalEngine.Options(lanes: 1, slotsPerLane: 1, rowsPerStep: 1),
      .init(lanes: 1, slotsPerLane: 64, rowsPerStep: 512),
      .init(lanes: 3, slotsPerLane: 5, rowsPerStep: 7),
      .init(lanes: 2, slotsPerLane: 16, rowsPerStep: 24, cacheBytesPerLane: 1),
      .init(sharesPrefixes: false),
    ]
    for options in layouts {
      #expect(try makeEngine(model, options).generate(requests) == expected, "\(options)")
    }
  }

  /// One request, fewer than lanes, and a tail of one that is far longer than
  /// the others: lanes that have nothing to do join in, whenever they come.
  @Test(arguments: [2, 3, 5])
  func helpingLanesChangeNothing(lanes: Int) throws {
    let model = try makeModel()
    var requests = makeRequests(lanes + 1, new: 4)
    requests[0].maximumNewTokens = 60
    requests[0].stopTokens = []
    requests[1].prompt = tokens(80, item: 1)
    let single = try makeEngine(model, .init(lanes: 1, slotsPerLane: 1, rowsPerStep: 5))
    let expected = try single.generate(requests)
    #expect(expected[0].tokens.count == 60)
    for rowsPerStep in [1, 96] {
      let engine = try makeEngine(model, .init(lanes: lanes, rowsPerStep: rowsPerStep))
      #expect(try engine.generate(requests) == expected)
      #expect(try engine.generate([requests[0]]) == [expected[0]])
      #expect(try engine.generate([requests[1]]) == [expected[1]])
      #expect(try engine.generate(Array(requests[1...])) == Array(expected[1...]))
    }
  }

  @Test func sharingPrefixesChangesNothing() throws {
    let model = try makeModel()
    let few = tokens(30, item: 1000)
    var requests: [GenerationRequest] = []
    for index in 0..<60 {
      // Three groups; the first has no shared part, and in the others some
      // prompts go further together, and some are equal.
      let shared = [0, 30, 21][index % 3]
      var request = makeRequests(60)[index]
      request.prompt =
        few.prefix(shared) + tokens(1, item: index % 4)
        + tokens(20, item: index % 7).prefix(index % 24)
      request.sharedPrefixLength = shared
      requests.append(request)
    }
    let expected = try makeEngine(model, .init(sharesPrefixes: false)).generate(requests)
    for options in [
      LocalEngine.Options(), .init(lanes: 1, slotsPerLane: 2),
      .init(lanes: 1, slotsPerLane: 60, rowsPerStep: 8),
    ] {
      #expect(try makeEngine(model, options).generate(requests) == expected, "\(options)")
    }
    // The hint moves requests about and no more.
    for index in requests.indices { requests[index].sharedPrefixLength = 0 }
    #expect(try makeEngine(model).generate(requests) == expected)
  }

  @Test func aPrefixThatAllShareIsComputedOnce() throws {
    let model = try makeModel()
    let few = tokens(60, item: 1000)
    let requests = (0..<40).map { index in
      GenerationRequest(
        prompt: few + tokens(2, item: index), sharedPrefixLength: 60,
        sampling: Sampling(), key: RandomKey(seed: 1, stage: "t", item: index),
        maximumNewTokens: 3)
    }
    let plain = try makeEngine(model, .init(sharesPrefixes: false))
    let expected = try plain.generate(requests)
    #expect(plain.rowsOfLastCall == 40 * 64)
    // Each request feeds its own two tokens and two of its three new ones.
    for lanes in [1, 2, 3] {
      let engine = try makeEngine(model, .init(lanes: lanes, slotsPerLane: 4))
      #expect(try engine.generate(requests) == expected)
      let least = 40 * 4
      #expect((least + 60 - 40...least + 60).contains(engine.rowsOfLastCall))
    }
  }

  /// What all lanes begin with is read by all of them, in several steps, once for
  /// all: with the results of each request alone, for prompts that go on and for
  /// those that are nothing else; and again with other weights.
  @Test(arguments: Precision.allCases)
  func aCommonBeginningChangesNothing(precision: Precision) throws {
    let model = try makeModel(precision: precision)
    let beginning = tokens(41, item: 1000)
    let prompts = (0..<30).map { beginning + tokens($0 % 4, item: $0) }
    let requests = prompts.enumerated().map { index, prompt in
      GenerationRequest(
        prompt: prompt, sharedPrefixLength: 41, sampling: Sampling(),
        key: RandomKey(seed: 1, stage: "t", item: index), maximumNewTokens: 5)
    }
    let questions = prompts.map {
      ChoiceRequest(prompt: $0, sharedPrefixLength: 41, choices: [[4], [5, 6, 7]])
    }
    // The beginning, and of each its own tokens or its last one, and four of five new.
    let rows = 41 + prompts.reduce(0) { $0 + max(1, $1.count - 41) + 4 }
    let plain = try makeEngine(model, .init(sharesPrefixes: false))
    let engines = try [2, 3, 5].flatMap { lanes in
      try [1, 4].map { slots in
        try makeEngine(model, .init(lanes: lanes, slotsPerLane: slots, rowsPerStep: 7))
      }
    }
    for _ in 0..<2 {
      let answers = try plain.generate(requests)
      let scores = try plain.scoreChoices(questions)
      for engine in engines {
        // Slots that are shorter, and hold something else.
        _ = try engine.scoreChoices([ChoiceRequest(prompt: [9, 9], choices: [[1]])])
        #expect(try engine.generate(requests) == answers, "\(engine.options)")
        #expect(engine.rowsOfLastCall <= rows, "\(engine.options)")
        #expect(try engine.scoreChoices(questions) == scores, "\(engine.options)")
      }
      for index in 0..<model.parameters.count { model.parameters[index] *= 0.9 }
    }
  }

  @Test func anEngineSeesChangedWeights() throws {
    let model = try makeModel()
    let engine = try makeEngine(model)
    let requests = makeRequests(4)
    let first = try engine.generate(requests)
    for index in 0..<model.parameters.count { model.parameters[index] *= 0.5 }
    let second = try engine.generate(requests)
    #expect(second != first)
    #expect(try makeEngine(model).generate(requests) == second)
  }

  @Test func lengthsAndStops() throws {
    let model = try makeModel(context: 32)
    let engine = try makeEngine(model)
    let key = RandomKey(seed: 2, stage: "t", item: 0)
    var request = GenerationRequest(
      prompt: tokens(31, item: 1), sampling: Sampling(), key: key, maximumNewTokens: 50)
    #expect(try engine.generate([request])[0].tokens.count == 1)
    request.prompt = tokens(10, item: 1)
    let full = try engine.generate([request])[0]
    #expect(full.tokens.count == 22 && full.finish == .length)

    request.maximumNewTokens = 0
    #expect(
      try engine.generate([request])
        == [Generation(tokens: [], logProbabilities: [], finish: .length)])
    request.maximumNewTokens = 22
    request.stopTokens = [full.tokens[6]]
    let stopped = try engine.generate([request])[0]
    let end = full.tokens.firstIndex(of: full.tokens[6])!
    #expect(stopped.tokens == Array(full.tokens[...end]))
    #expect(stopped.logProbabilities == Array(full.logProbabilities[...end]))
    #expect(stopped.finish == .stopToken)
    #expect(try engine.generate([]) == [])
  }

  @Test func stopStringsEndTheText() throws {
    let model = try makeModel()
    let engine = try makeEngine(model)
    let tokenizer = engine.tokenizer
    var request = GenerationRequest(
      prompt: tokens(4, item: 1), sampling: Sampling(),
      key: RandomKey(seed: 2, stage: "t", item: 1), maximumNewTokens: 60)
    let full = try engine.generate([request])[0]
    // Three bytes from the middle of the text; none of them special.
    let start = try #require(
      (10..<50).first { start in
        full.tokens[start..<(start + 3)].allSatisfy { (1..<128).contains($0) }
          && !full.tokens[..<start].contains(full.tokens[start])
      })
    let stop = tokenizer.decode(full.tokens[start..<(start + 3)])
    request.stopStrings = ["never in it", stop]
    let stopped = try engine.generate([request])[0]
    #expect(stopped.finish == .stopString)
    #expect(stopped.tokens == Array(full.tokens[..<(start + 3)]))
    #expect(
      stopped.text(tokenizer, stopStrings: request.stopStrings)
        == tokenizer.decode(full.tokens[..<start]))
  }

  @Test func stopStringsAreFoundAcrossTokens() throws {
    let tokenizer = try makeTokenizer()
    /// Place of the token that completes a stop string.
    func place(_ strings: [String], _ tokens: [Int32]) -> Int? {
      var stop = StopStrings(strings, tokenizer: tokenizer)
      return tokens.firstIndex { stop.complete(with: $0) }
    }
    // "x", "ab", "<|end|>", "é" in two tokens, "ab".
    let tokens: [Int32] = [120, 257, 256, 0xc3, 0xa9, 257]
    #expect(place(["b\u{e9}"], tokens) == 4)
    #expect(place(["xa"], tokens) == 1)
    #expect(place(["zz", "b"], tokens) == 1)
    #expect(place(["\u{e9}ab"], tokens) == 5)
    #expect(place(["<|end|>", "abab"], tokens) == nil)
    #expect(place([], tokens) == nil)
  }

  @Test func textIsCutAtTheFirstStop() throws {
    let tokenizer = try makeTokenizer()
    func generation(_ tokens: [Int32], _ finish: FinishReason) -> Generation {
      Generation(tokens: tokens, logProbabilities: tokens.map { _ in 0 }, finish: finish)
    }
    let tokens = tokenizer.encode("one two\r\nthree")
    #expect(
      generation(tokens, .stopString).text(tokenizer, stopStrings: ["three", "\n", "x"])
        == "one two\r")
    #expect(generation(tokens, .length).text(tokenizer) == "one two\r\nthree")
    #expect(generation(tokens + [256], .stopToken).text(tokenizer) == "one two\r\nthree")
    #expect(generation(tokens, .stopToken).text(tokenizer) == "one two\r\nthre")
  }

  @Test func progressIsToldToTheEnd() throws {
    let engine = try makeEngine(try makeModel())
    let told = Mutex<[[Int]]>([])
    let requests = makeRequests(40)
    let started = ContinuousClock.now
    let results = try engine.generate(requests) { done, newTokens in
      told.withLock { $0.append([done, newTokens]) }
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    let calls = told.withLock { $0 }
    #expect(calls.last == [40, results.reduce(0) { $0 + $1.tokens.count }])
    #expect(Double(calls.count) <= seconds / 0.1 + 1)
    for (a, b) in zip(calls, calls.dropFirst()) { #expect(a[0] <= b[0] && a[1] <= b[1]) }
  }
}
