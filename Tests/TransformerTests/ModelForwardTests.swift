import Foundation
import Kernels
import Testing

@testable import Transformer

func exponential(_ value: Double) -> Double { exp(value) }
func logarithm(_ value: Double) -> Double { log(value) }

@Suite struct ModelForwardTests {
  init() throws { try BLAS.load() }

  /// A sequence's hidden states are the same bits alone and in a batch, in a
  /// fresh workspace and in one that a larger batch has used.
  @Test func companyChangesNoBit() {
    let model = Model(
      configuration: ModelConfiguration(
        vocabularySize: 100, hiddenSize: 128, intermediateSize: 352, layerCount: 2,
        headCount: 4, keyValueHeadCount: 2, headDimension: 32, maximumPositions: 128),
      head: .scalar, initializedBy: 5)
    let sequences = model.randomSequences([37, 1, 80, 12, 5, 64], seed: 20)
    let shared = TrainingWorkspace(model.configuration, maximumRows: 256, maximumSequence: 80)
    let batch = PackedBatch(sequences)
    func bits(_ w: TrainingWorkspace, _ rows: Range<Int>) -> [UInt32] {
      (rows.lowerBound * 128..<rows.upperBound * 128).map { w.hidden[$0].bitPattern }
    }
    model.forward(batch, shared)
    let together = bits(shared, 0..<batch.rowCount)
    let scoresTogether = model.scores(rows: batch.offsets.dropFirst().map { Int32($0 - 1) }, shared)
    for (index, tokens) in sequences.enumerated() {
      let fresh = TrainingWorkspace(model.configuration, maximumRows: 80, maximumSequence: 80)
      for w in [fresh, shared] {
        model.forward(PackedBatch([tokens]), w)
        let rows = batch.offsets[index] * 128..<batch.offsets[index + 1] * 128
        let same = bits(w, 0..<tokens.count) == Array(together[rows])
        #expect(same, "sequence \(index)")
        #expect(model.scores(rows: [Int32(tokens.count - 1)], w) == [scoresTogether[index]])
      }
    }
  }

  /// With a large vocabulary, logits come in chunks and again in backward: the
  /// same numbers as chunk by chunk by hand.
  @Test func logitsInChunks() {
    let model = Model(
      configuration: ModelConfiguration(
        vocabularySize: 60_000, hiddenSize: 16, intermediateSize: 24, layerCount: 1,
        headCount: 2, headDimension: 8, maximumPositions: 128, tiedEmbeddings: false),
      initializedBy: 8)
    let batch = PackedBatch(model.randomSequences([90, 80], seed: 30))
    let (rows, targets) = nextTokenTargets(batch)
    let w = TrainingWorkspace(model.configuration, maximumRows: 170, maximumSequence: 90)
    #expect(w.logitRows < 100, "the test needs several chunks")
    let coefficients = ModelReference.coefficients(rows.count)

    let whole = model.makeGradient()
    model.forward(batch, w)
    let wholeResult = model.logProbabilities(
      rows: rows, targets: targets, temperature: 0.8, w, entropies: true)
    model.logProbabilitiesBackward(
      rows: rows, targets: targets, coefficients: coefficients, temperature: 0.8, w, into: whole)
    model.backward(batch, w, into: whole)

    let pieces = model.makeGradient()
    var logProbabilities: [Float] = []
    var entropies: [Float] = []
    model.forward(batch, w)
    for start in stride(from: 0, to: rows.count, by: 50) {
      let range = start..<min(rows.count, start + 50)
      let (some, theirs) = (Array(rows[range]), Array(targets[range]))
      let result = model.logProbabilities(
        rows: some, targets: theirs, temperature: 0.8, w, entropies: true)
      logProbabilities += result.logProbabilities
      entropies += result.entropies
      model.logProbabilitiesBackward(
        rows: some, targets: theirs, coefficients: Array(coefficients[range]),
        temperature: 0.8, w, into: pieces)
    }
    model.backward(batch, w, into: pieces)
    #expect(relativeError(wholeResult.logProbabilities, logProbabilities) < 1e-6)
    #expect(relativeError(wholeResult.entropies, entropies) < 1e-6)
    let all = 0..<whole.count
    #expect(relativeError(whole.slice(all), Array(pieces.slice(all))) < 1e-5)
    #expect(wholeResult.entropies.allSatisfy { $0 > 10 && $0 < Float(log(60_000.0)) + 1e-3 })
  }

  /// A row asked for twice counts twice.
  @Test func repeatedRows() {
    let model = ModelReference.model(tied: true, head: .languageModel)
    let batch = PackedBatch(model.randomSequences([6], seed: 40))
    let w = TrainingWorkspace(model.configuration, maximumRows: 16, maximumSequence: 16)
    func gradient(_ rows: [Int32], _ targets: [Int32], _ coefficients: [Float]) -> [Float] {
      let gradient = model.makeGradient()
      model.forward(batch, w)
      _ = model.logProbabilities(rows: rows, targets: targets, w)
      model.logProbabilitiesBackward(
        rows: rows, targets: targets, coefficients: coefficients, w, into: gradient)
      model.backward(batch, w, into: gradient)
      return Array(gradient.slice(0..<gradient.count))
    }
    let twice = gradient([2, 4, 2], [7, 8, 7], [1, -1, 1])
    let once = gradient([2, 4], [7, 8], [2, -1])
    #expect(relativeError(twice, once) < 1e-5)
  }
}
