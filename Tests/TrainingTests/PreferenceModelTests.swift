import Foundation
import Kernels
import KeyedRandom
import Testing
import Transformer

@testable import Training

@Suite struct PreferenceModelTests {
  init() throws { try BLAS.load() }

  private func pair(
    _ first: [Int32], _ second: [Int32], _ p: Double, id: String = "p", source: String = "s"
  ) -> PreferencePair {
    PreferencePair(id: id, source: source, first: first, second: second, probability: p)
  }

  @Test func matchesRecordedPyTorch() throws {
    let reference = try TrainingReference.load()
    let s = TrainingReference.sequences
    let pairs = [pair(s[0], s[1], 0.9), pair(s[2], s[3], 0.3), pair(s[4], s[5], 0.5)]
    let model = TrainingReference.model(head: .scalar)
    let trainer = LaneTrainer(
      model, arena: LaneArena(model, lanes: 2),
      options: OptimizerOptions(learningRate: 1e-3, weightDecay: 0.1, clipNorm: 1),
      state: OptimizerState(for: model))
    var losses: [Double] = []
    var norms: [Double] = []
    for _ in 0..<10 {
      losses.append(try accumulatePreferenceLoss(pairs, trainer, chunkRows: 20).loss)
      norms.append(try trainer.reduce())
      try trainer.update(learningRate: 1e-3, norm: norms.last!)
    }
    #expect(relativeError(losses, reference.pm_losses) < 1e-4)
    #expect(relativeError(norms, reference.pm_norms) < 1e-3)
  }

  @Test func gradientMatchesFiniteDifferences() throws {
    let model = randomModel(tinyConfiguration(layers: 2), head: .scalar)
    let pairs = (0..<5).map { (index: Int) -> PreferencePair in
      let first = randomTokens(4 + index, seed: UInt64(index))
      let second = randomTokens(9 - index, seed: UInt64(50 + index))
      return pair(first, second, Double(index) / 4)
    }
    let trainer = LaneTrainer(
      model, arena: LaneArena(model, lanes: 2), options: OptimizerOptions(),
      state: OptimizerState(for: model))
    _ = try accumulatePreferenceLoss(pairs, trainer, chunkRows: 24)
    _ = try trainer.reduce()
    let gradient = FloatBuffer(count: model.layout.count)
    gradient.pointer.update(from: trainer.gradients[0].pointer, count: gradient.count)
    let error = try directionalError(model, gradient: gradient) {
      try accumulatePreferenceLoss(pairs, trainer, chunkRows: 24).loss
    }
    #expect(error < 2e-3)
  }

  @Test func lossIsSoftCrossEntropy() {
    for (d, p) in [(0.3, 0.9), (-4.0, 0.2), (2.0, 0.5)] {
      let s = 1 / (1 + exp(-d))
      #expect(abs(preferenceLoss(d, label: p) + p * log(s) + (1 - p) * log(1 - s)) < 1e-12)
      let slope =
        (preferenceLoss(d + 1e-6, label: p) - preferenceLoss(d - 1e-6, label: p)) / 2e-6
      #expect(abs(preferenceSlope(d, label: p) - slope) < 1e-8)
    }
    #expect(preferenceLoss(0, label: 0.7) == log(2))
    #expect(abs(preferenceLoss(1000, label: 0) - 1000) < 1e-9)
    #expect(preferenceLoss(-1000, label: 0) == 0)
  }

  /// Pairs whose better side contains token 7: learned by source, dropped when
  /// identical, repeated bit for bit.
  @Test func learnsCountsAndRepeats() throws {
    func make(_ index: Int, _ set: String) -> PreferencePair {
      let seed = UInt64(index) &+ (set == "held" ? 10_000 : 0)
      let prompt = randomTokens(4, seed: seed).map { max($0, 8) }
      let plain = randomTokens(5, seed: seed + 500).map { max($0, 8) }
      var marked = plain
      marked[index % 5] = 7
      let swapped = index % 2 == 0
      return PreferencePair(
        id: "\(set)\(index)", source: index % 3 == 0 ? "helpful" : "harmless",
        first: prompt + (swapped ? plain : marked) + [0],
        second: prompt + (swapped ? marked : plain) + [0],
        probability: swapped ? 0.1 : 0.9)
    }
    let pairs = (0..<240).map { make($0, "train") }
    let same = pair([1, 2, 0], [1, 2, 0], 0.5, id: "same")
    let heldOut = (0..<60).map { make($0, "held") } + [same]
    let base = Model(configuration: tinyConfiguration(), initializedBy: 2)
    let options = PreferenceOptions(
      optimizer: OptimizerOptions(learningRate: 5e-3), epochs: 6, batchSize: 24)
    func run() throws -> (Model, PreferenceReport) {
      let model = base.makePreferenceModel()
      let report = try trainPreferenceModel(
        model, pairs: pairs + [same, same], heldOut: heldOut, options: options)
      return (model, report)
    }
    let (model, report) = try run()
    #expect(abs(report.losses[0] - log(2)) < 1e-6)
    #expect(report.steps == 60 && report.losses.count == 60)
    #expect(report.pairs == 240 && report.identicalPairs == 2)
    #expect(report.identicalPairIDs == ["same", "same"])
    let held = try #require(report.heldOut)
    #expect(held.count == 60 && held.identicalPairs == 1)
    #expect(try #require(held.accuracy.accuracy) > 0.95)
    #expect(Set(held.bySource.keys) == ["helpful", "harmless"])
    #expect(held.bySource["helpful"]?.count == 20)
    #expect(held.loss > held.labelEntropy - 1e-9 && held.loss < held.labelEntropy + 0.1)
    #expect(held.expectedCalibrationError < 0.1)
    #expect(report.scoreMoments.count == 120 && report.scoreMoments.standardDeviation > 0)

    let again = try run()
    #expect(again.0.parameterValues == model.parameterValues)
    #expect(again.1 == report)

    let held60 = Array(heldOut.dropLast())
    let values = try scores(model, held60.map(\.first))
    #expect(
      try scores(model, Array(held60.map(\.first).reversed()), lanes: 1, chunkRows: 13)
        .reversed().elementsEqual(values))
  }

  @Test func evaluationMatchesNaiveFormulas() {
    let pairs = (0..<200).map { index -> PreferencePair in
      var generator = RandomKey(seed: 1, stage: "labels", item: index).generator()
      let p = index % 10 == 0 ? 0.5 : generator.uniform()
      return pair([1], [2], p, id: "\(index)", source: "s\(index % 3)")
    }
    let differences = pairs.indices.map { index -> Double in
      var generator = RandomKey(seed: 2, stage: "d", item: index).generator()
      return index == 7 ? 0 : 3 * generator.normal()
    }
    let result = PreferenceEvaluation(pairs: pairs, differences: differences)
    var right = 0.0
    var sided = 0
    for (p, d) in zip(pairs.map(\.probability), differences) where p != 0.5 {
      sided += 1
      right += d == 0 ? 0.5 : ((p > 0.5 && d > 0) || (p < 0.5 && d < 0)) ? 1 : 0
    }
    #expect(result.accuracy.accuracy == right / Double(sided))
    #expect(result.accuracy.labelTies == 20 && result.accuracy.count == 180)
    #expect(result.accuracy.scoreTies == 1)
    #expect(result.bySource.values.reduce(0) { $0 + $1.count } == 180)

    var error = 0.0
    for bin in 0..<10 {
      let low = Double(bin) / 10
      let members = pairs.indices.filter {
        let s = 1 / (1 + exp(-differences[$0]))
        return s >= low && (s < low + 0.1 || bin == 9)
      }
      #expect(result.calibration[bin].count == members.count)
      guard !members.isEmpty else { continue }
      let predicted = members.map { 1 / (1 + exp(-differences[$0])) }.reduce(0, +)
      let labels = members.map { pairs[$0].probability }.reduce(0, +)
      error += abs(predicted - labels) / 200
      let bins = result.calibration[bin]
      #expect(abs(bins.meanPrediction - predicted / Double(members.count)) < 1e-12)
    }
    #expect(abs(result.expectedCalibrationError - error) < 1e-12)
    var entropy = 0.0
    for p in pairs.map(\.probability) { entropy -= p * log(p) + (1 - p) * log(1 - p) }
    #expect(abs(result.labelEntropy - entropy / 200) < 1e-9)
  }

  @Test func badPairsAndHeadsAreNamed() throws {
    let model = Model(configuration: tinyConfiguration(positions: 8), initializedBy: 1)
    let good = pair([1, 0], [2, 0], 1)
    func complaint(_ model: Model, _ pairs: [PreferencePair]) -> String {
      do {
        _ = try trainPreferenceModel(model, pairs: pairs, options: PreferenceOptions())
        return "none"
      } catch { return "\(error)" }
    }
    #expect(complaint(model, [good]).contains("scalar head"))
    let scalar = model.makePreferenceModel()
    #expect(complaint(scalar, [pair([1], [2], 1.5, id: "x")]).contains("pair 'x': label 1.5"))
    #expect(complaint(scalar, [pair([1], [2], .nan, id: "y")]).contains("'y'"))
    let long = complaint(scalar, [good, pair([1], randomTokens(9, seed: 1), 1, id: "z")])
    #expect(long.contains("'z', second: 9 tokens"))
    #expect(complaint(scalar, [pair([1], [1], 1)]).contains("identical"))
    #expect(throws: TrainingError.self) { try scores(model, [[1]]) }
  }
}
