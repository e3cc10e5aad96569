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
    let matrices: Matrices
  }

  /// The matrices of one layer: a class, for each lane hands them about in every step.
  final class Matrices: Sendable {
    let query, key, value, output: PackedMatrix
    let gate, up, down: PackedMatrix

    init(
      query: PackedMatrix, key: PackedMatrix, value: PackedMatrix, output: PackedMatrix,
      gate: PackedMatrix, up: PackedMatrix, down: PackedMatrix
    ) {
      (self.query, self.key, self.value, self.output) = (query, key, value, output)
      (self.gate, self.up, self.down) = (gate, up, down)
    }

    /// Each with the offset of what is packed into it.
    func sources(_ p: ParameterLayout.Layer) -> [(PackedMatrix, Int)] {
      [
        (query, p.query), (key, p.key), (value, p.value), (output, p.output),
        (gate, p.gate), (up, p.up), (down, p.down),
      ]
    }
  }

  /// The transposes, by which gradients go back.
  struct Backward {
    let layers: [Matrices]
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
    configuration = c
    self.precision = precision
    fingerprint = ParameterFingerprint()
    rotary = model.rotary
    embedding = FloatBuffer(count: c.vocabularySize * c.hiddenSize)
    let hasHead = model.head == .languageModel
    let packed = Self.makeMatrices(c, precision, hasHead: hasHead, transposing: false)
    layers = packed.layers.map {
      Layer(
        inputNorm: FloatBuffer(count: c.hiddenSize), postNorm: FloatBuffer(count: c.hiddenSize),
        matrices: $0)
    }
    finalNorm = FloatBuffer(count: c.hiddenSize)
    head = packed.head
  }

  /// Room for all matrices in one block of memory, in the order of a forward pass.
  private static func makeMatrices(
    _ c: ModelConfiguration, _ precision: Precision, hasHead: Bool, transposing: Bool
  ) -> (layers: [Matrices], head: PackedMatrix?) {
    let width = c.hiddenSize
    let inner = c.intermediateSize
    func carve(
      _ arena: inout Arena, of memory: FloatBuffer
    ) -> (layers: [Matrices], head: PackedMatrix?) {
      func matrix(_ inputs: Int, _ outputs: Int) -> PackedMatrix {
        let (inputs, outputs) = transposing ? (outputs, inputs) : (inputs, outputs)
        return PackedMatrix(
          inputs: inputs, outputs: outputs, precision: precision, transposing: transposing,
          at: arena.take(
            PackedMatrix.panelCount(inputs: inputs, outputs: outputs, precision: precision)),
          of: memory)
      }
      let layers = (0..<c.layerCount).map { _ in
        Matrices(
          query: matrix(width, c.queryWidth), key: matrix(width, c.keyValueWidth),
          value: matrix(width, c.keyValueWidth), output: matrix(c.queryWidth, width),
          gate: matrix(width, inner), up: matrix(width, inner), down: matrix(inner, width))
      }
      return (layers, hasHead ? matrix(width, c.vocabularySize) : nil)
    }
    var measure = Arena.measuring()
    _ = carve(&measure, of: FloatBuffer(count: 0))
    let memory = FloatBuffer(count: measure.count)
    var arena = Arena(memory)
    return carve(&arena, of: memory)
  }

  /// Copies the model's weights over what is there, in so many lanes. `transposes`:
  /// also what backward needs.
  func pack(
    _ model: Model, _ fingerprint: ParameterFingerprint, transposes: Bool, lanes: Int
  ) {
    self.fingerprint = fingerprint
    let layout = model.layout
    for (buffer, offset) in [(embedding, layout.embedding), (finalNorm, layout.finalNorm)] {
      buffer.pointer.update(from: model.weight(offset), count: buffer.count)
    }
    for (layer, p) in zip(layers, layout.layers) {
      for (buffer, offset) in [(layer.inputNorm, p.inputNorm), (layer.postNorm, p.postNorm)] {
        buffer.pointer.update(from: model.weight(offset), count: buffer.count)
      }
    }
    var sources = zip(layers, layout.layers).flatMap { $0.matrices.sources($1) }
    if let head { sources.append((head, layout.headWeight)) }
    if transposes {
      if backward == nil {
        let packed = Self.makeMatrices(
          configuration, precision, hasHead: head != nil, transposing: true)
        backward = Backward(layers: packed.layers, head: packed.head)
      }
      if let backward {
        sources += zip(backward.layers, layout.layers).flatMap { $0.sources($1) }
        if let head = backward.head { sources.append((head, layout.headWeight)) }
      }
    }
    let parameters = model.parameters
    let each = { @Sendable [sources] (lane: Int) in
      for index in stride(from: lane, to: sources.count, by: lanes) {
        let (matrix, offset) = sources[index]
        matrix.pack(parameters.pointer + offset)
      }
    }
    // One lane alone may itself be one of several.
    if lanes == 1 { each(0) } else { Lanes.run(lanes, each) }
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
  /// `forTraining`: whether `backward` will follow `forward`. `lanes`: that share
  /// the packing; more than one only where no lane is running that may ask this model
  /// for its weights.
  public func packedWeights(forTraining: Bool = false, lanes: Int = 1) -> PackedWeights {
    let fingerprint = ParameterFingerprint(parameters.pointer, count: parameters.count)
    return packedCache.last.withLock { last in
      if let last, last.precision == precision, last.fingerprint == fingerprint,
        last.backward != nil || !forTraining
      {
        return last
      }
      let isOurs = isKnownUniquelyReferenced(&last) && last?.precision == precision
      let weights = isOurs ? last! : PackedWeights(self)
      // What was packed for training before will be needed for it again.
      weights.pack(
        self, fingerprint, transposes: forTraining || weights.backward != nil, lanes: lanes)
      last = weights
      return weights
    }
  }

  /// Frees what the last call of `packedWeights` left for the next, as soon as nobody
  /// holds it: for a model that will not be trained any more, whose transposes nothing
  /// would read.
  public func releasePackedWeights() {
    packedCache.last.withLock { $0 = nil }
  }
}

/// Thirty-two 32-bit hashes, each of every thirty-second parameter's bits: FNV-1a
/// with a shift, without which changes of signs alone could cancel out. It tells
/// whether weights have changed; a change of parameters in one stream alone goes
/// unnoticed with probability 2⁻³² or so, and of one parameter never.
struct ParameterFingerprint: Equatable {
  private typealias Words = SIMD16<UInt32>
  private var even = Words(repeating: 0x811c_9dc5)
  private var odd = Words(repeating: 0x811c_9dc5)

  /// Of no parameters.
  init() {}

  init(_ parameters: UnsafePointer<Float>, count: Int) {
    let bits = UnsafeRawPointer(parameters)
    let vector = MemoryLayout<Words>.size
    var offset = 0
    let end = count * MemoryLayout<Float>.size
    while offset + 2 * vector <= end {
      even = Self.mixed(even, bits.loadUnaligned(fromByteOffset: offset, as: Words.self))
      odd = Self.mixed(odd, bits.loadUnaligned(fromByteOffset: offset + vector, as: Words.self))
      offset += 2 * vector
    }
    guard offset < end else { return }
    var rest = (Words.zero, Words.zero)
    for index in 0..<(end - offset) / MemoryLayout<UInt32>.size {
      let word = bits.loadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self)
      if index < 16 { rest.0[index] = word } else { rest.1[index - 16] = word }
    }
    even = Self.mixed(even, rest.0)
    odd = Self.mixed(odd, rest.1)
  }

  @inline(__always)
  private static func mixed(_ hash: Words, _ word: Words) -> Words {
    let product = (hash ^ word) &* Words(repeating: 0x0100_0193)
    return product ^ (product &>> 15)
  }
}
