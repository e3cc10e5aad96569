public import Kernels
internal import Synchronization

/// A snapshot of a model's weights in the order, and rounded to the precision, in
/// which matrix products read them: for `step`, and for the passes of training.
/// Lanes share one. Later changes to the model do not reach it: ask
/// `Model.packedWeights()` for the current ones at the start of each run, and
/// after each update.
///
/// `@unchecked Sendable`: written by `pack` alone, while nobody else holds it.
public final class PackedWeights: @unchecked Sendable {
  struct Layer {
    let inputNorm, postNorm: FloatBuffer  // [C]
    let query, key, value, output: PackedMatrix
    let gate, up, down: PackedMatrix
  }

  /// The transposes, by which bfloat16 gradients go back.
  struct Backward {
    struct Layer {
      let query, key, value, output: PackedMatrix
      let gate, up, down: PackedMatrix
    }
    let layers: [Layer]
    let head: PackedMatrix?
  }

  public let configuration: ModelConfiguration
  public let precision: Precision
  let embedding: FloatBuffer  // [V, C]
  let layers: [Layer]
  let finalNorm: FloatBuffer  // [C]
  /// Of a language model.
  let head: PackedMatrix?
  let rotary: RotaryTable
  private(set) var backward: Backward?
  /// Of the parameters that were packed.
  private(set) var fingerprint: ParameterFingerprint

  /// Room for a model's weights. `pack` fills it.
  init(_ model: Model) {
    let c = model.configuration
    let precision = model.precision
    func matrix(_ inputs: Int, _ outputs: Int) -> PackedMatrix {
      PackedMatrix(inputs: inputs, outputs: outputs, precision: precision)
    }
    let width = c.hiddenSize
    let inner = c.intermediateSize
    configuration = c
    self.precision = precision
    fingerprint = ParameterFingerprint()
    rotary = model.rotary
    embedding = FloatBuffer(count: c.vocabularySize * width)
    layers = (0..<c.layerCount).map { _ in
      Layer(
        inputNorm: FloatBuffer(count: width), postNorm: FloatBuffer(count: width),
        query: matrix(width, c.queryWidth), key: matrix(width, c.keyValueWidth),
        value: matrix(width, c.keyValueWidth), output: matrix(c.queryWidth, width),
        gate: matrix(width, inner), up: matrix(width, inner), down: matrix(inner, width))
    }
    finalNorm = FloatBuffer(count: width)
    head = model.head == .languageModel ? matrix(width, c.vocabularySize) : nil
  }

  /// Copies the model's weights over what is there. `transposes`: also what
  /// backward needs in bfloat16.
  func pack(_ model: Model, _ fingerprint: ParameterFingerprint, transposes: Bool) {
    self.fingerprint = fingerprint
    let layout = model.layout
    for (buffer, offset) in [(embedding, layout.embedding), (finalNorm, layout.finalNorm)] {
      buffer.pointer.update(from: model.weight(offset), count: buffer.count)
    }
    for (layer, p) in zip(layers, layout.layers) {
      for (buffer, offset) in [(layer.inputNorm, p.inputNorm), (layer.postNorm, p.postNorm)] {
        buffer.pointer.update(from: model.weight(offset), count: buffer.count)
      }
      for (matrix, offset) in [
        (layer.query, p.query), (layer.key, p.key), (layer.value, p.value),
        (layer.output, p.output), (layer.gate, p.gate), (layer.up, p.up),
        (layer.down, p.down),
      ] {
        matrix.pack(model.weight(offset))
      }
    }
    head?.pack(model.weight(layout.headWeight))
    if transposes { packTransposes(model) }
  }

  /// Packs what backward needs, in bfloat16.
  func packTransposes(_ model: Model) {
    guard precision == .bfloat16 else { return }
    if backward == nil { backward = Backward(configuration, hasHead: head != nil) }
    guard let backward else { return }
    for (layer, p) in zip(backward.layers, model.layout.layers) {
      for (matrix, offset) in [
        (layer.query, p.query), (layer.key, p.key), (layer.value, p.value),
        (layer.output, p.output), (layer.gate, p.gate), (layer.up, p.up),
        (layer.down, p.down),
      ] {
        matrix.pack(model.weight(offset))
      }
    }
    backward.head?.pack(model.weight(model.layout.headWeight))
  }
}

extension PackedWeights.Backward {
  fileprivate init(_ c: ModelConfiguration, hasHead: Bool) {
    func matrix(_ inputs: Int, _ outputs: Int) -> PackedMatrix {
      PackedMatrix(roundedTransposeInputs: outputs, outputs: inputs)
    }
    let width = c.hiddenSize
    let inner = c.intermediateSize
    layers = (0..<c.layerCount).map { _ in
      Layer(
        query: matrix(width, c.queryWidth), key: matrix(width, c.keyValueWidth),
        value: matrix(width, c.keyValueWidth), output: matrix(c.queryWidth, width),
        gate: matrix(width, inner), up: matrix(width, inner), down: matrix(inner, width))
    }
    head = hasHead ? matrix(width, c.vocabularySize) : nil
  }
}

/// The last snapshot made of a model.
final class PackedWeightsCache: Sendable {
  fileprivate let last = Mutex<PackedWeights?>(nil)
}

extension Model {
  /// The current weights, packed. Takes one pass over the parameters to see
  /// whether they have changed since the last call, and another to pack them if
  /// they have, into the same memory if nobody holds the last ones any more. They
  /// must not change meanwhile.
  ///
  /// `forTraining`: whether `backward` will follow `forward`.
  public func packedWeights(forTraining: Bool = false) -> PackedWeights {
    let fingerprint = ParameterFingerprint(parameters.pointer, count: parameters.count)
    return packedCache.last.withLock { last in
      let needsTransposes = forTraining && precision == .bfloat16
      if let last, last.precision == precision, last.fingerprint == fingerprint,
        last.backward != nil || !needsTransposes
      {
        return last
      }
      let isOurs = isKnownUniquelyReferenced(&last) && last?.precision == precision
      let weights = isOurs ? last! : PackedWeights(self)
      // What was packed for training before will be needed for it again.
      weights.pack(
        self, fingerprint, transposes: needsTransposes || weights.backward != nil)
      last = weights
      return weights
    }
  }
}

/// Thirty-two 32-bit FNV-1a hashes, each of every thirty-second parameter's
/// bits. It tells whether weights have changed; a change of parameters in one
/// stream alone goes unnoticed with probability 2⁻³² at most, and of one
/// parameter never.
struct ParameterFingerprint: Equatable {
  private var even = SIMD16<UInt32>(repeating: 0x811c_9dc5)
  private var odd = SIMD16<UInt32>(repeating: 0x811c_9dc5)

  /// Of no parameters.
  init() {}

  init(_ parameters: UnsafePointer<Float>, count: Int) {
    let prime = SIMD16<UInt32>(repeating: 0x0100_0193)
    let bits = UnsafeRawPointer(parameters)
    let vector = MemoryLayout<SIMD16<UInt32>>.size
    var offset = 0
    let end = count * MemoryLayout<Float>.size
    while offset + 2 * vector <= end {
      even = (even ^ bits.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt32>.self)) &* prime
      odd =
        (odd ^ bits.loadUnaligned(fromByteOffset: offset + vector, as: SIMD16<UInt32>.self))
        &* prime
      offset += 2 * vector
    }
    var lane = 0
    while offset < end {
      let word = bits.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      even[lane % 16] = (even[lane % 16] ^ word) &* 0x0100_0193
      lane += 1
      offset += MemoryLayout<Float>.size
    }
  }
}
