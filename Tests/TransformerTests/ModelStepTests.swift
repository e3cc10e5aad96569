import Foundation
import Kernels
import Synchronization
import Testing

@testable import Transformer

/// What else is in a step, and how a prompt is cut up, changes no bit.
@Suite struct ModelStepTests {
  let models, oddModels: [Precision: Model]

  init() throws {
    try BLAS.load()
    func models(_ configuration: ModelConfiguration) -> [Precision: Model] {
      Dictionary(
        uniqueKeysWithValues: Precision.allCases.map {
          ($0, Model(configuration: configuration, precision: $0, initializedBy: 3))
        })
    }
    // Widths as in the shipped model: rows that do not fill a vector register
    // or a cache block, and reductions long enough to be split.
    self.models = models(
      ModelConfiguration(
        vocabularySize: 320, hiddenSize: 256, intermediateSize: 704, layerCount: 2,
        headCount: 8, keyValueHeadCount: 4, headDimension: 32, maximumPositions: 128))
    // Widths that fill neither pairs nor panels.
    oddModels = models(
      ModelConfiguration(
        vocabularySize: 67, hiddenSize: 33, intermediateSize: 45, layerCount: 2,
        headCount: 3, keyValueHeadCount: 3, headDimension: 6, maximumPositions: 128))
  }

  private func logits(
    _ model: Model, _ pointer: UnsafePointer<Float>, row: Int
  ) -> [UInt32] {
    let vocabulary = model.configuration.vocabularySize
    return (0..<vocabulary).map { pointer[row * vocabulary + $0].bitPattern }
  }

  /// Logits after each token of `tokens`, fed alone in chunks of `chunk`.
  private func alone(
    _ model: Model, _ tokens: [Int32], chunk: Int, slot: Int = 0
  ) -> [[UInt32]] {
    let cache = KeyValueCache(
      model.configuration, slots: slot + 1, capacity: 128, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: chunk)
    var result: [[UInt32]] = []
    for start in stride(from: 0, to: tokens.count, by: chunk) {
      let rows = (start..<min(tokens.count, start + chunk)).map {
        StepRow(token: tokens[$0], slot: slot, position: $0)
      }
      let pointer = model.step(rows, cache, w)
      result += rows.indices.map { logits(model, pointer, row: $0) }
    }
    return result
  }

  @Test(arguments: Precision.allCases)
  func chunksChangeNoBit(precision: Precision) throws {
    let model = try #require(models[precision])
    let tokens = model.randomSequences([70], seed: 1)[0]
    let oneByOne = alone(model, tokens, chunk: 1)
    for chunk in [2, 5, 7, 13, 32, 70] {
      let same = alone(model, tokens, chunk: chunk) == oneByOne
      #expect(same, "chunks of \(chunk)")
    }
  }

  /// 32 sequences of unequal lengths decoded together, in rising or falling
  /// slot order, some joining late, against each alone.
  @Test(arguments: [false, true], Precision.allCases)
  func companyChangesNoBit(_ reversed: Bool, precision: Precision) throws {
    let model = try #require(models[precision])
    let sequences = model.randomSequences((0..<32).map { 3 + $0 * 7 % 29 }, seed: 100)
    let expected = sequences.map { alone(model, $0, chunk: $0.count) }
    let cache = KeyValueCache(
      model.configuration, slots: 32, capacity: 64, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 64)
    var computed = sequences.map { _ in [[UInt32]]() }
    for time in 0..<64 {
      var rows: [StepRow] = []
      for (slot, tokens) in sequences.enumerated() {
        let position = time - slot / 4
        guard tokens.indices.contains(position) else { continue }
        rows.append(StepRow(token: tokens[position], slot: slot, position: position))
      }
      if rows.isEmpty { continue }
      if reversed { rows.reverse() }
      let pointer = model.step(rows, cache, w)
      for (index, row) in rows.enumerated() {
        computed[row.slot].append(logits(model, pointer, row: index))
      }
    }
    for slot in sequences.indices {
      let same = computed[slot] == expected[slot]
      #expect(same, "slot \(slot)")
    }
  }

  /// A step of every size gives its first row the same bits.
  @Test(arguments: Precision.allCases)
  func rowCountChangesNoBit(precision: Precision) throws {
    let model = try #require(models[precision])
    let tokens = model.randomSequences([130], seed: 7)[0]
    let expected = alone(model, Array(tokens.prefix(1)), chunk: 1)[0]
    let cache = KeyValueCache(
      model.configuration, slots: 130, capacity: 4, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 130)
    for count in 1...130 {
      let rows = (0..<count).map {
        StepRow(token: tokens[$0], slot: $0, position: 0, wantsLogits: $0 == 0)
      }
      let same = logits(model, model.step(rows, cache, w), row: 0) == expected
      #expect(same, "\(count) rows")
    }
  }

  /// A team of lanes gives the bits of one: one token at a time, a prompt's rows
  /// with some that want no logits, and rows of several slots.
  @Test(arguments: [2, 3, 5], Precision.allCases)
  func lanesChangeNoBit(_ lanes: Int, precision: Precision) throws {
    try lanesChangeNoBit(lanes, #require(models[precision]))
    try lanesChangeNoBit(lanes, #require(oddModels[precision]))
  }

  private func lanesChangeNoBit(_ lanes: Int, _ model: Model) {
    let sequences = model.randomSequences([40, 9, 23], seed: 21)
    var steps = [[StepRow]]()
    for position in 0..<8 {
      steps.append([StepRow(token: sequences[0][position], slot: 0, position: position)])
    }
    steps.append(
      (8..<33).map {
        StepRow(token: sequences[0][$0], slot: 0, position: $0, wantsLogits: $0 % 5 == 4)
      })
    steps.append(
      (0..<20).flatMap { position in
        (1..<3).filter { position < sequences[$0].count }.map {
          StepRow(token: sequences[$0][position], slot: $0, position: position)
        }
      })
    steps.append([StepRow(token: 3, slot: 0, position: 33, wantsLogits: false)])
    func run(_ lanes: Int) -> [[UInt32]] {
      let cache = KeyValueCache(
        model.configuration, slots: 3, capacity: 64, precision: model.precision)
      let w = InferenceWorkspace(
        model.configuration, precision: model.precision, maximumRows: 40, lanes: lanes)
      let weights = model.packedWeights()
      let team = LaneTeam()
      let results = Mutex([[UInt32]]())
      Lanes.run(lanes) { [steps] lane in
        guard lane == 0 else { return team.help() }
        while team.count < lanes { sched_yield() }
        for rows in steps {
          team.run { weights.step(rows, cache, w, $0) }
          for row in 0..<rows.count(where: \.wantsLogits) {
            results.withLock { $0.append(logits(model, w.logits, row: row)) }
          }
        }
        team.dismiss()
      }
      return results.withLock { $0 }
    }
    let expected = run(1)
    #expect(expected.count == 8 + 5 + 29)
    for _ in 0..<3 {
      let same = run(lanes) == expected
      #expect(same)
    }
  }

  /// More rows than gates of a panel stay near for.
  @Test(arguments: Precision.allCases)
  func manyRowsAreThoseOfFewer(precision: Precision) throws {
    let model = try #require(oddModels[precision])
    let sequences = model.randomSequences([Int](repeating: 100, count: 6), seed: 31)
    let cache = KeyValueCache(
      model.configuration, slots: 6, capacity: 128, precision: precision)
    let w = InferenceWorkspace(model.configuration, precision: precision, maximumRows: 600)
    let rows = sequences.indices.flatMap { slot in
      sequences[slot].indices.map {
        StepRow(token: sequences[slot][$0], slot: slot, position: $0)
      }
    }
    let pointer = model.step(rows, cache, w)
    for (slot, sequence) in sequences.enumerated() {
      let expected = alone(model, sequence, chunk: 9)
      let same = (0..<100).allSatisfy {
        logits(model, pointer, row: 100 * slot + $0) == expected[$0]
      }
      #expect(same, "slot \(slot)")
    }
  }

  @Test(arguments: Precision.allCases)
  func rowsThatWantNoLogitsAreLeftOut(precision: Precision) throws {
    let model = try #require(models[precision])
    let tokens = model.randomSequences([11], seed: 9)[0]
    let expected = alone(model, tokens, chunk: 11)
    let cache = KeyValueCache(
      model.configuration, slots: 1, capacity: 16, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 11, maximumLogitRows: 3)
    let rows = tokens.enumerated().map {
      StepRow(token: $1, slot: 0, position: $0, wantsLogits: [2, 5, 10].contains($0))
    }
    let pointer = model.step(rows, cache, w)
    for (index, position) in [2, 5, 10].enumerated() {
      let same = logits(model, pointer, row: index) == expected[position]
      #expect(same, "position \(position)")
    }
  }

  @Test(arguments: Precision.allCases)
  func copiedPrefixContinuesAlike(precision: Precision) throws {
    let model = try #require(models[precision])
    let tokens = model.randomSequences([20], seed: 11)[0]
    let expected = alone(model, tokens, chunk: 20)
    let cache = KeyValueCache(
      model.configuration, slots: 3, capacity: 24, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 20)
    model.step(
      tokens.prefix(12).enumerated().map { StepRow(token: $1, slot: 2, position: $0) }, cache, w)
    cache.copyPrefix(from: 2, to: 0, length: 12)
    let rest = (12..<20).map { StepRow(token: tokens[$0], slot: 0, position: $0) }
    let pointer = model.step(rest, cache, w)
    for index in rest.indices {
      let same = logits(model, pointer, row: index) == expected[12 + index]
      #expect(same, "position \(12 + index)")
    }

    // To another cache, of another number of slots, over what was there.
    let other = KeyValueCache(
      model.configuration, slots: 2, capacity: 24, precision: model.precision)
    let before = model.randomSequences([20], seed: 12)[0]
    model.step(before.enumerated().map { StepRow(token: $1, slot: 1, position: $0) }, other, w)
    other.copyPrefix(from: 0, of: cache, to: 1, length: 15)
    let last = model.step(
      (15..<20).map { StepRow(token: tokens[$0], slot: 1, position: $0) }, other, w)
    let same = (0..<5).allSatisfy { logits(model, last, row: $0) == expected[15 + $0] }
    #expect(same)
  }

  /// A snapshot is kept while no weight changes, and not after one has.
  @Test(arguments: Precision.allCases)
  func snapshotFollowsTheModel(precision: Precision) throws {
    let model = try #require(models[precision])
    let tokens = model.randomSequences([5], seed: 17)[0]
    let before = alone(model, tokens, chunk: 5)
    let snapshot = model.packedWeights()
    #expect(model.packedWeights() === snapshot)
    model.parameters[model.layout.layers[1].down + 1234] += 0.01
    let later = model.packedWeights()
    #expect(later !== snapshot)
    // Two changes that a plain FNV-1a would cancel out.
    for index in [0, 32] { model.parameters[index] = -model.parameters[index] }
    #expect(model.packedWeights() !== later)
    for index in [0, 32] { model.parameters[index] = -model.parameters[index] }
    let changed = alone(model, tokens, chunk: 5) != before
    #expect(changed)
    let cache = KeyValueCache(
      model.configuration, slots: 1, capacity: 8, precision: model.precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 5)
    let rows = tokens.enumerated().map { StepRow(token: $1, slot: 0, position: $0) }
    let pointer = snapshot.step(rows, cache, w)
    let kept = rows.indices.allSatisfy { logits(model, pointer, row: $0) == before[$0] }
    #expect(kept)
  }

  /// The cached path and the packed path compute one function.
  @Test(arguments: Precision.allCases)
  func agreesWithForward(precision: Precision) throws {
    let model = try #require(models[precision])
    let sequences = model.randomSequences([40, 3, 17], seed: 13)
    let batch = PackedBatch(sequences)
    let (rows, targets) = nextTokenTargets(batch)
    let w = TrainingWorkspace(
      model.configuration, maximumRows: 64, maximumSequence: 64, precision: model.precision)
    model.forward(batch, w)
    let packed = model.logProbabilities(rows: rows, targets: targets, w).logProbabilities
    let vocabulary = model.configuration.vocabularySize
    let stepped = sequences.flatMap { tokens in
      zip(alone(model, tokens, chunk: 8).dropLast(), tokens.dropFirst()).map {
        bits, target -> Float in
        let logits = bits.map { Double(Float(bitPattern: $0)) }
        precondition(logits.count == vocabulary)
        let sum = logits.reduce(0) { $0 + exponential($1) }
        return Float(logits[Int(target)] - logarithm(sum))
      }
    }
    #expect(relativeError(packed, stepped) < 1e-5)
  }
}
