import Foundation
import Kernels
import KeyedRandom
import Testing

@testable import Inference

@Suite struct SamplingTests {
  /// Random logits; some exactly equal.
  private func logits(_ vocabulary: Int, item: Int) -> [Float] {
    var generator = RandomKey(seed: 11, stage: "logits", item: item).generator()
    return (0..<vocabulary).map { index in
      index % 5 == 3 ? 1.5 : Float(2 * generator.normal())
    }
  }

  private func softLog(_ logits: [Float], _ temperature: Float) -> [Float] {
    let scaled = logits.map { Double($0) / Double(temperature) }
    let top = scaled.max()!
    let total = log(scaled.reduce(0) { $0 + exp($1 - top) })
    return scaled.map { Float($0 - top - total) }
  }

  @Test(arguments: [
    Sampling(), Sampling(temperature: 0.6), Sampling(temperature: 1.4, topK: 5),
    Sampling(topP: 0.7), Sampling(temperature: 0.8, topK: 7, topP: 0.6),
  ])
  func frequenciesMatchProbabilities(_ sampling: Sampling) throws {
    let vocabulary = 11
    let row = logits(vocabulary, item: 1)
    let expected = restrict(
      softLog(row, sampling.temperature), topK: sampling.topK, topP: sampling.topP
    ).map { exp(Double($0)) }
    let sampler = Sampler(vocabulary: vocabulary)
    let draws = 20_000
    var counts = [Int](repeating: 0, count: vocabulary)
    for draw in 0..<draws {
      var generator = RandomKey(seed: 4, stage: "draws", item: draw).generator()
      let drawn = try #require(sampler.sample(row, sampling, uniform: generator.uniform()))
      counts[Int(drawn.token)] += 1
      #expect(abs(Double(drawn.logProbability) - log(expected[Int(drawn.token)])) < 1e-4)
    }
    var statistic = 0.0
    for (count, probability) in zip(counts, expected) {
      if probability == 0 {
        #expect(count == 0)
      } else {
        let mean = probability * Double(draws)
        statistic += (Double(count) - mean) * (Double(count) - mean) / mean
      }
    }
    // 29.6 is passed by chance once in 1,000 with 10 degrees of freedom, and
    // the draws are the same in every run.
    #expect(statistic < 29.6)
  }

  @Test(arguments: [11, 64, 300, 1000, 50_000])
  func restrictionsEqualSorting(_ vocabulary: Int) throws {
    let sampler = Sampler(vocabulary: vocabulary)
    for item in 0..<(vocabulary > 10_000 ? 3 : 20) {
      let row = logits(vocabulary, item: item)
      var generator = RandomKey(seed: 5, stage: "cases", item: item).generator()
      let topK = [nil, 1, 3, 40, vocabulary, vocabulary + 9][item % 6]
      let topP = [nil, 0.05, 0.5, 0.9, 0.99, 1][(item / 2) % 6].map { Float($0) }
      let sampling = Sampling(temperature: 0.5 + Float(item % 3) / 2, topK: topK, topP: topP)
      let expected = restrict(
        softLog(row, sampling.temperature), topK: topK, topP: topP
      ).map { exp(Double($0)) }
      for _ in 0..<20 {
        let uniform = generator.uniform()
        let drawn = try #require(sampler.sample(row, sampling, uniform: uniform))
        let token = Int(drawn.token)
        let below = expected[..<token].reduce(0, +)
        #expect(expected[token] > 0, "token \(token) is cut in \(sampling)")
        #expect(below - 1e-4 <= uniform && uniform <= below + expected[token] + 1e-4)
        #expect(abs(Double(drawn.logProbability) - log(expected[token])) < 1e-3, "\(sampling)")
      }
    }
  }

  @Test func rankingKeepsExactlyTheSortedSet() {
    var ranking = TokenRanking()
    for (vocabulary, item) in [(20, 1), (300, 2), (5000, 3)] {
      let probabilities = softLog(logits(vocabulary, item: item), 1).map { exp($0) }
      let logs = probabilities.map { log($0) }
      for (topK, topP) in [(1, nil), (9, nil), (nil, 0.3), (nil, 0.93), (12, 0.51)]
        as [(Int?, Float?)]
      {
        let kept = ranking.keep(
          probabilities, vocabulary: vocabulary, topK: topK, topP: topP)
        let expected = restrict(logs, topK: topK, topP: topP)
        #expect(kept.tokens.map(Int.init) == expected.indices.filter { expected[$0].isFinite })
      }
    }
  }

  @Test func edgesOfTheUniform() throws {
    // The probabilities are 0 but for two tokens; neither end of the range may
    // give an impossible one.
    let vocabulary = 200
    var row = [Float](repeating: -.infinity, count: vocabulary)
    row[70] = 1
    row[130] = 1
    let sampler = Sampler(vocabulary: vocabulary)
    for sampling in [Sampling(), Sampling(topK: 2), Sampling(topP: 0.99)] {
      #expect(sampler.sample(row, sampling, uniform: 0)?.token == 70)
      #expect(sampler.sample(row, sampling, uniform: 0.4999)?.token == 70)
      #expect(sampler.sample(row, sampling, uniform: 0.5001)?.token == 130)
      #expect(sampler.sample(row, sampling, uniform: 1 - 0x1p-53)?.token == 130)
    }
  }

  @Test func refusesWhatIsNoDistribution() {
    let sampler = Sampler(vocabulary: 20)
    for bad in [Float.nan, .infinity] {
      var row = [Float](repeating: 0, count: 20)
      row[7] = bad
      for sampling in [Sampling(), .greedy, Sampling(topK: 3), Sampling(topP: 0.5)] {
        #expect(sampler.sample(row, sampling, uniform: 0.3) == nil, "\(bad) \(sampling)")
      }
    }
  }
}
