internal import Kernels
internal import Synchronization

/// A snapshot of a language model's weights in the order in which generation
/// reads them; `step` feeds tokens through it. Lanes share one. Later changes
/// to the model do not reach it: ask `Model.inferenceWeights()` for the current
/// ones at the start of each run.
///
/// `@unchecked Sendable`: nothing is written after `init`.
public final class InferenceWeights: @unchecked Sendable {
  struct Layer {
    let inputNorm, postNorm: FloatBuffer  // [C]
    let query, key, value, output: PackedMatrix
    let gate, up, down: PackedMatrix
  }

  public let configuration: ModelConfiguration
  let embedding: FloatBuffer  // [V, C]
  let layers: [Layer]
  let finalNorm: FloatBuffer  // [C]
  let head: PackedMatrix
  let rotary: RotaryTable
  /// Of the parameters it was made from.
  fileprivate let fingerprint: ParameterFingerprint

  fileprivate init(_ model: Model, _ fingerprint: ParameterFingerprint) {
    precondition(model.head == .languageModel, "a \(model.head) head has no vocabulary")
    let c = model.configuration
    let layout = model.layout
    func copy(_ offset: Int, _ count: Int) -> FloatBuffer {
      let buffer = FloatBuffer(count: count)
      buffer.pointer.update(from: model.weight(offset), count: count)
      return buffer
    }
    func packed(_ offset: Int, _ inputs: Int, _ outputs: Int) -> PackedMatrix {
      PackedMatrix(model.weight(offset), inputs: inputs, outputs: outputs)
    }
    let width = c.hiddenSize
    let inner = c.intermediateSize
    self.fingerprint = fingerprint
    configuration = c
    embedding = copy(layout.embedding, c.vocabularySize * width)
    layers = layout.layers.map { p in
      Layer(
        inputNorm: copy(p.inputNorm, width), postNorm: copy(p.postNorm, width),
        query: packed(p.query, width, c.queryWidth),
        key: packed(p.key, width, c.keyValueWidth),
        value: packed(p.value, width, c.keyValueWidth),
        output: packed(p.output, c.queryWidth, width),
        gate: packed(p.gate, width, inner), up: packed(p.up, width, inner),
        down: packed(p.down, inner, width))
    }
    finalNorm = copy(layout.finalNorm, width)
    head = packed(layout.headWeight, width, c.vocabularySize)
    rotary = model.rotary
  }
}

/// The last snapshot made of a model.
final class InferenceWeightsCache: Sendable {
  fileprivate let last = Mutex<InferenceWeights?>(nil)
}

extension Model {
  /// The current weights, arranged for generation. Takes one pass over the
  /// parameters to see whether they have changed since the last call, and
  /// another to rearrange them if they have. They must not change meanwhile.
  public func inferenceWeights() -> InferenceWeights {
    let fingerprint = ParameterFingerprint(parameters.pointer, count: parameters.count)
    return inferenceCache.last.withLock { last in
      if let last, last.fingerprint == fingerprint { return last }
      last = nil
      let weights = InferenceWeights(self, fingerprint)
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
