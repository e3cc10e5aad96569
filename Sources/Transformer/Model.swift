public import Kernels
internal import KeyedRandom

/// A decoder's weights. What it computes is in the extensions: `forward` and
/// `backward` for training, `step` for generation.
///
/// `@unchecked Sendable`: several lanes may read the weights at once; whoever
/// writes `parameters` (an optimiser, a loader) does so while no lane reads.
public final class Model: @unchecked Sendable {
  public let configuration: ModelConfiguration
  public let head: Head
  public let layout: ParameterLayout
  /// What matrix products by the weights are computed in. Set before any pass.
  public var precision: Precision
  /// Every weight, `layout.count` floats.
  public let parameters: FloatBuffer
  /// Sines and cosines of every position the model covers.
  let rotary: RotaryTable
  /// What `packedWeights()` gave last.
  let packedCache = PackedWeightsCache()

  /// A model whose weights are all zero, to be filled by a loader.
  /// The configuration must be valid (`ModelConfiguration.validate`).
  public init(
    configuration: ModelConfiguration, head: Head = .languageModel,
    precision: Precision = .float32
  ) {
    self.configuration = configuration
    self.head = head
    self.precision = precision
    layout = ParameterLayout(configuration, head: head)
    parameters = FloatBuffer(count: layout.count)
    rotary = RotaryTable(
      headDimension: configuration.headDimension,
      maximumPositions: configuration.maximumPositions, theta: configuration.ropeTheta)
  }

  /// A fresh model: norms at 1, matrices normal(0, 0.02) as in GPT-2, those that
  /// write into the residual stream divided by sqrt(2·layers). Each tensor is
  /// drawn under its own name, so it depends on nothing but the seed, its name
  /// and its size.
  public convenience init(
    configuration: ModelConfiguration, head: Head = .languageModel,
    precision: Precision = .float32, initializedBy seed: UInt64
  ) {
    self.init(configuration: configuration, head: head, precision: precision)
    let residual = 0.02 / Double(2 * configuration.layerCount).squareRoot()
    for tensor in layout.tensors {
      guard tensor.decays else {
        for index in tensor.range { parameters[index] = 1 }
        continue
      }
      let writesResidual =
        tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
      let deviation = writesResidual ? residual : 0.02
      var generator = RandomKey(seed: seed, stage: "initialise", item: tensor.name).generator()
      for index in tensor.range {
        parameters[index] = Float(deviation * generator.normal())
      }
    }
  }

  /// A deep copy. With another head, tensors of the same name are copied and
  /// the new head starts at zero.
  public func copy(head: Head? = nil) -> Model {
    let copy = Model(
      configuration: configuration, head: head ?? self.head, precision: precision)
    for tensor in copy.layout.tensors {
      guard let source = layout[tensor.name] else { continue }
      (copy.parameters.pointer + tensor.offset).update(
        from: parameters.pointer + source.offset, count: tensor.count)
    }
    return copy
  }

  /// A zeroed buffer of the parameters' size: a gradient, or an optimiser moment.
  public func makeGradient() -> FloatBuffer { FloatBuffer(count: layout.count) }

  func weight(_ offset: Int) -> ConstFloatPointer { ConstFloatPointer(parameters.pointer + offset) }
}
