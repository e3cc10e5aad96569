import Kernels
import Testing

@testable import Transformer

/// Hugging Face's Llama computed the same numbers, in float32.
@Suite struct ModelParityTests {
  init() throws { try BLAS.load() }

  /// Rounding to bfloat16 leaves a factor off by 2⁻⁹ of itself at most; two
  /// layers and a backward pass add up a few dozen of such errors.
  private func bound(_ float32: Float, _ precision: Precision) -> Float {
    precision == .float32 ? float32 : 0.03
  }

  private func workspace(_ model: Model) -> TrainingWorkspace {
    TrainingWorkspace(
      model.configuration, maximumRows: 64, maximumSequence: 64, precision: model.precision)
  }

  @Test(arguments: [("tied", Float(0.7)), ("untied", 1)], Precision.allCases)
  func languageModel(_ form: (kind: String, temperature: Float), precision: Precision) throws {
    let (kind, temperature) = form
    let reference = try ModelReference(kind)
    let model = ModelReference.model(
      tied: kind == "tied", head: .languageModel, precision: precision)
    let batch = PackedBatch(ModelReference.sequences)
    let w = workspace(model)
    let gradient = model.makeGradient()
    let (rows, targets) = nextTokenTargets(batch)

    model.forward(batch, w)
    let result = model.logProbabilities(
      rows: rows, targets: targets, temperature: temperature, w, entropies: true)
    #expect(
      relativeError(result.logProbabilities, reference["log_probability"]) < bound(1e-5, precision))
    #expect(relativeError(result.entropies, reference["entropy"]) < bound(1e-5, precision))

    model.logProbabilitiesBackward(
      rows: rows, targets: targets, coefficients: ModelReference.coefficients(rows.count),
      temperature: temperature, w, into: gradient)
    model.backward(batch, w, into: gradient)
    for tensor in model.layout.tensors {
      let error = relativeError(
        gradient.slice(tensor.range), reference["gradient/\(tensor.name)"])
      #expect(error < bound(1e-4, precision), "\(tensor.name)")
    }
  }

  @Test(arguments: ["tied", "untied"], Precision.allCases)
  func stepLogits(_ kind: String, precision: Precision) throws {
    let reference = try ModelReference(kind)
    let model = ModelReference.model(
      tied: kind == "tied", head: .languageModel, precision: precision)
    let cache = KeyValueCache(model.configuration, slots: 5, capacity: 32, precision: precision)
    let w = InferenceWorkspace(
      model.configuration, precision: model.precision, maximumRows: 64)
    let rows = ModelReference.sequences.enumerated().flatMap { slot, tokens in
      tokens.enumerated().map { StepRow(token: $1, slot: slot, position: $0) }
    }
    let logits = model.step(rows, cache, w)
    let computed = UnsafeBufferPointer(start: logits, count: rows.count * 64)
    #expect(relativeError(computed, reference["logits"]) < bound(1e-5, precision))
  }

  @Test(arguments: ["tied", "untied"], Precision.allCases)
  func tenOptimizerSteps(_ kind: String, precision: Precision) throws {
    let reference = try ModelReference(kind)
    let model = ModelReference.model(
      tied: kind == "tied", head: .languageModel, precision: precision)
    let batch = PackedBatch(ModelReference.sequences)
    let w = workspace(model)
    let (rows, targets) = nextTokenTargets(batch)
    let gradient = model.makeGradient()
    let (first, second) = (model.makeGradient(), model.makeGradient())
    let options = AdamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1)
    var losses: [Float] = []
    var norms: [Float] = []
    for step in 1...10 {
      gradient.zero()
      model.forward(batch, w)
      let logProbabilities = model.logProbabilities(rows: rows, targets: targets, w)
        .logProbabilities
      losses.append(-logProbabilities.reduce(0, +) / Float(rows.count))
      model.logProbabilitiesBackward(
        rows: rows, targets: targets,
        coefficients: Array(repeating: 1 / Float(rows.count), count: rows.count), w,
        into: gradient)
      model.backward(batch, w, into: gradient)
      let norm = Float(sumOfSquares(gradient.pointer, count: gradient.count).squareRoot())
      norms.append(norm)
      for tensor in model.layout.tensors {
        adamW(
          model.parameters.pointer + tensor.offset, gradient.pointer + tensor.offset,
          first.pointer + tensor.offset, second.pointer + tensor.offset, count: tensor.count,
          learningRate: 1e-3, gradientScale: min(1, 1 / (norm + 1e-6)), options: options,
          step: step, decays: tensor.decays)
      }
    }
    #expect(relativeError(losses, reference["losses"]) < bound(1e-4, precision))
    #expect(relativeError(norms, reference["norms"]) < bound(1e-4, precision))
  }

  @Test(arguments: Precision.allCases)
  func scalarHead(precision: Precision) throws {
    let reference = try ModelReference("scalar")
    let model = ModelReference.model(tied: false, head: .scalar, precision: precision)
    let batch = PackedBatch(ModelReference.sequences)
    let w = workspace(model)
    let gradient = model.makeGradient()
    let rows = batch.offsets.dropFirst().map { Int32($0 - 1) }

    model.forward(batch, w)
    #expect(
      relativeError(model.scores(rows: rows, w), reference["scores"]) < bound(1e-5, precision))
    model.scoresBackward(
      rows: rows, coefficients: ModelReference.coefficients(rows.count), w, into: gradient)
    model.backward(batch, w, into: gradient)
    for tensor in model.layout.tensors {
      let error = relativeError(
        gradient.slice(tensor.range), reference["gradient/\(tensor.name)"])
      #expect(error < bound(1e-4, precision), "\(tensor.name)")
    }
  }
}
