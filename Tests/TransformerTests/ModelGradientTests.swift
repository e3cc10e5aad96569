import Kernels
import Testing

@testable import Transformer

/// Backward against finite differences of forward, on the whole model.
@Suite struct ModelGradientTests {
  init() throws { try BLAS.load() }

  /// Moves each tensor along its own gradient: the loss must change as fast as
  /// the gradient's norm says.
  private func check(_ model: Model, loss: () -> Double, gradient: FloatBuffer) {
    for tensor in model.layout.tensors {
      let direction = Array(gradient.slice(tensor.range))
      let norm = direction.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(norm > 1e-3, "\(tensor.name) has no gradient to check")
      let saved = Array(model.parameters.slice(tensor.range))
      let length = 0.01
      func moved(by distance: Double) -> Double {
        for (index, offset) in tensor.range.enumerated() {
          model.parameters[offset] =
            saved[index] + Float(distance * Double(direction[index]) / norm)
        }
        return loss()
      }
      let slope = (moved(by: length) - moved(by: -length)) / (2 * length)
      _ = moved(by: 0)
      #expect(abs(slope - norm) < 0.01 * norm, "\(tensor.name): \(slope) and \(norm)")
    }
  }

  @Test(arguments: [true, false])
  func languageModel(_ tied: Bool) {
    let model = ModelReference.model(tied: tied, head: .languageModel)
    let batch = PackedBatch(model.randomSequences([9, 3, 14], seed: 50))
    let w = TrainingWorkspace(model.configuration, maximumRows: 32, maximumSequence: 16)
    let (rows, targets) = nextTokenTargets(batch)
    let coefficients = ModelReference.coefficients(rows.count)
    func loss() -> Double {
      model.forward(batch, w)
      let result = model.logProbabilities(rows: rows, targets: targets, temperature: 1.3, w)
      return zip(coefficients, result.logProbabilities)
        .reduce(0) { $0 - Double($1.0) * Double($1.1) }
    }
    let gradient = model.makeGradient()
    _ = loss()
    model.logProbabilitiesBackward(
      rows: rows, targets: targets, coefficients: coefficients, temperature: 1.3, w,
      into: gradient)
    model.backward(batch, w, into: gradient)
    check(model, loss: loss, gradient: gradient)
  }

  @Test func scalarHead() {
    let model = ModelReference.model(tied: true, head: .scalar)
    let batch = PackedBatch(model.randomSequences([9, 3, 14], seed: 60))
    let w = TrainingWorkspace(model.configuration, maximumRows: 32, maximumSequence: 16)
    let rows: [Int32] = [8, 11, 20, 25]
    let coefficients: [Float] = [1, -0.5, 0.75, 1.5]
    func loss() -> Double {
      model.forward(batch, w)
      return zip(coefficients, model.scores(rows: rows, w))
        .reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let gradient = model.makeGradient()
    _ = loss()
    model.scoresBackward(rows: rows, coefficients: coefficients, w, into: gradient)
    model.backward(batch, w, into: gradient)
    check(model, loss: loss, gradient: gradient)
  }

  /// A pass of which heads read the ends of sequences alone: what is read has the
  /// same bits, and the gradient is the same but for the order of some sums.
  @Test(
    arguments: [Head.languageModel, .scalar],
    [(Precision.float32, 2), (.bfloat16, 2), (.float32, 1), (.bfloat16, 1)])
  func readingTheEndsAlone(head: Head, shape: (precision: Precision, layers: Int)) {
    let precision = shape.precision
    let model = ModelReference.model(
      tied: true, head: head, precision: precision, layers: shape.layers)
    let sequences = model.randomSequences([31, 3, 26, 12, 13, 1], seed: 90)
    let first = [25, 0, 11, 11, 12, 0]
    let ends = PackedBatch(sequences, readingFrom: first)
    // Down to a multiple of 12.
    #expect(ends.readOffsets == [0, 7, 10, 36, 48, 49, 50])
    let rows = zip(first, ends.offsets.indices).flatMap { first, s in
      (ends.offsets[s] + first..<ends.offsets[s + 1]).map { Int32($0) }
    }
    let targets = rows.map { ($0 * 7 + 3) % 64 }
    let coefficients = ModelReference.coefficients(rows.count)
    let w = TrainingWorkspace(
      model.configuration, maximumRows: 96, maximumSequence: 32, precision: precision)
    func values(_ batch: PackedBatch) -> [Float] {
      model.forward(batch, w)
      return head == .scalar
        ? model.scores(rows: rows, w)
        : model.logProbabilities(rows: rows, targets: targets, w).logProbabilities
    }
    func gradient(_ batch: PackedBatch) -> FloatBuffer {
      let gradient = model.makeGradient()
      _ = values(batch)
      if head == .scalar {
        model.scoresBackward(rows: rows, coefficients: coefficients, w, into: gradient)
      } else {
        model.logProbabilitiesBackward(
          rows: rows, targets: targets, coefficients: coefficients, w, into: gradient)
      }
      model.backward(batch, w, into: gradient)
      return gradient
    }
    let all = PackedBatch(sequences)
    #expect(values(all).map(\.bitPattern) == values(ends).map(\.bitPattern))
    let (expected, actual) = (gradient(all), gradient(ends))
    for tensor in model.layout.tensors {
      let error = relativeError(
        actual.slice(tensor.range), Array(expected.slice(tensor.range)))
      #expect(error < 1e-5, "\(tensor.name)")
    }
    // And whole again, in the same memory.
    let again = gradient(all)
    #expect(again.slice(0..<again.count).elementsEqual(expected.slice(0..<again.count)))
    guard precision == .float32 else { return }
    let sign: Double = head == .scalar ? 1 : -1
    check(
      model,
      loss: {
        sign * zip(coefficients, values(ends)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }, gradient: actual)
  }

  /// A pass that backward will follow has the bits of one that it will not, and says
  /// which it was.
  @Test(arguments: [Precision.float32, .bfloat16])
  func keepingForBackwardChangesNoBit(precision: Precision) {
    let model = ModelReference.model(tied: true, head: .languageModel, precision: precision)
    let batch = PackedBatch(model.randomSequences([9, 3, 14], seed: 80))
    func hidden(forTraining: Bool) -> [Float] {
      let w = TrainingWorkspace(
        model.configuration, maximumRows: 32, maximumSequence: 16, precision: precision)
      let weights = model.packedWeights(forTraining: forTraining)
      model.forward(batch, weights, w)
      #expect(w.keepsColumns == forTraining)
      return Array(
        UnsafeBufferPointer(start: w.hidden, count: 26 * model.configuration.hiddenSize))
    }
    let alone = hidden(forTraining: false)
    #expect(alone == hidden(forTraining: true))
    #expect(alone.allSatisfy { $0.isFinite })
  }

  private static func passAndBack(forTraining: Bool) {
    let model = ModelReference.model(tied: true, head: .languageModel)
    let batch = PackedBatch([[1, 2, 3]])
    let w = TrainingWorkspace(model.configuration, maximumRows: 3, maximumSequence: 3)
    let weights = model.packedWeights(forTraining: forTraining)
    model.forward(batch, weights, w)
    model.backward(batch, w, into: model.makeGradient())
  }

  @Test func backwardAfterAPassThatWasNotForTrainingStopsTheProgram() async {
    Self.passAndBack(forTraining: true)
    await #expect(processExitsWith: .failure) {
      Self.passAndBack(forTraining: false)
    }
  }

  /// After training, what only training reads need not stay.
  @Test func packedWeightsAreReleased() {
    let model = ModelReference.model(tied: true, head: .languageModel)
    weak var last = model.packedWeights(forTraining: true)
    #expect(last != nil)
    model.releasePackedWeights()
    #expect(last == nil)
    #expect(model.packedWeights().backward == nil)
  }

  @Test func backwardAddsToTheGradient() {
    let model = ModelReference.model(tied: true, head: .languageModel)
    let batch = PackedBatch(model.randomSequences([6, 5], seed: 70))
    let w = TrainingWorkspace(model.configuration, maximumRows: 16, maximumSequence: 16)
    let (rows, targets) = nextTokenTargets(batch)
    func accumulate(_ gradient: FloatBuffer) {
      model.forward(batch, w)
      _ = model.logProbabilities(rows: rows, targets: targets, w)
      model.logProbabilitiesBackward(
        rows: rows, targets: targets,
        coefficients: Array(repeating: 1, count: rows.count), w, into: gradient)
      model.backward(batch, w, into: gradient)
    }
    let once = model.makeGradient()
    let twice = model.makeGradient()
    accumulate(once)
    accumulate(twice)
    accumulate(twice)
    let all = 0..<once.count
    #expect(relativeError(twice.slice(all), once.slice(all).map { 2 * $0 }) < 1e-5)
  }
}
