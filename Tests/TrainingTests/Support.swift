import Foundation
import Kernels
import KeyedRandom
import Transformer

@testable import Training

/// A model small enough for finite differences and for hundreds of steps.
func tinyConfiguration(
  vocabulary: Int = 64, width: Int = 16, layers: Int = 1, positions: Int = 48,
  endOfTurn: Int? = 0
) -> ModelConfiguration {
  ModelConfiguration(
    vocabularySize: vocabulary, hiddenSize: width, intermediateSize: 24, layerCount: layers,
    headCount: 2, keyValueHeadCount: 1, headDimension: 8, maximumPositions: positions,
    endOfTurnToken: endOfTurn)
}

/// Weights of order 0.25, so that every part of the model matters.
func randomModel(
  _ configuration: ModelConfiguration, head: Head = .languageModel, seed: UInt64 = 1
) -> Model {
  let model = Model(configuration: configuration, head: head)
  for tensor in model.layout.tensors {
    var generator = RandomKey(seed: seed, stage: "test", item: tensor.name).generator()
    for index in tensor.range {
      let value = generator.uniform()
      model.parameters[index] = Float(tensor.shape.count == 1 ? 0.75 + 0.5 * value : value - 0.5)
    }
  }
  return model
}

func randomTokens(_ count: Int, vocabulary: Int = 64, seed: UInt64) -> [Int32] {
  var generator = RandomKey(seed: seed, stage: "test", item: "tokens").generator()
  return (0..<count).map { _ in Int32(generator.index(below: vocabulary)) }
}

extension Model {
  var parameterValues: [Float] {
    Array(UnsafeBufferPointer(start: parameters.pointer, count: parameters.count))
  }
}

extension FloatBuffer {
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

/// Compares `gradient` with central differences of `loss` along a random
/// direction within each tensor: every element takes part.
/// - Returns: the largest error relative to the largest slope.
func directionalError(
  _ model: Model, gradient: FloatBuffer, step: Float = 1e-3, loss: () throws -> Double
) rethrows -> Double {
  var errors: [(error: Double, slope: Double)] = []
  for tensor in model.layout.tensors {
    var generator = RandomKey(seed: 9, stage: "direction", item: tensor.name).generator()
    let direction = tensor.range.map { _ in Float(generator.normal()) }
    let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let unit = direction.map { $0 / length }
    let saved = tensor.range.map { model.parameters[$0] }
    func move(_ amount: Float) {
      for (offset, index) in tensor.range.enumerated() {
        model.parameters[index] = saved[offset] + amount * unit[offset]
      }
    }
    move(step)
    let above = try loss()
    move(-step)
    let below = try loss()
    move(0)
    let numeric = (above - below) / (2 * Double(step))
    let analytic = zip(tensor.range, unit).reduce(0.0) {
      $0 + Double(gradient[$1.0]) * Double($1.1)
    }
    errors.append((abs(numeric - analytic), abs(analytic)))
  }
  return errors.map(\.error).max()! / errors.map(\.slope).max()!
}

/// What `scripts/reference/record_training.py` recorded.
struct TrainingReference: Decodable {
  var sft_losses: [Double]
  var sft_norms: [Double]
  var pm_losses: [Double]
  var pm_norms: [Double]
  var ppo_loss: Double
  var ppo_norm: Double
  var value_loss: Double
  var value_norm: Double
  var old: [[Float]]
  var old_values: [[Float]]
  var returns: [[Float]]

  static func load() throws -> TrainingReference {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Reference/training.json")
    return try JSONDecoder().decode(TrainingReference.self, from: Data(contentsOf: url))
  }

  /// `count` numbers in [0, 1): the recorder's integer formula.
  static func uniform(_ stream: UInt64, _ count: Int) -> [Double] {
    (1...UInt64(count)).map { index in
      var x = index &+ 1_000_003 &* stream
      x &*= 0x9E37_79B9_7F4A_7C15
      x ^= x >> 32
      x &*= 0xD6E8_FEB8_6659_FD93
      x ^= x >> 32
      return Double(x >> 40) / 0x1p24
    }
  }

  static func model(head: Head) -> Model {
    let model = Model(
      configuration: ModelConfiguration(
        vocabularySize: 64, hiddenSize: 32, intermediateSize: 56, layerCount: 2, headCount: 4,
        keyValueHeadCount: 2, headDimension: 16, maximumPositions: 64, normEpsilon: 1e-5),
      head: head)
    for (stream, tensor) in model.layout.tensors.sorted(by: { $0.name < $1.name }).enumerated() {
      for (index, u) in zip(tensor.range, uniform(UInt64(stream), tensor.count)) {
        model.parameters[index] = Float(tensor.shape.count == 1 ? 0.75 + 0.5 * u : 0.5 * u - 0.25)
      }
    }
    return model
  }

  static let sequences: [[Int32]] = [9, 17, 5, 26, 12, 8].enumerated().map { index, length in
    uniform(3000 + UInt64(index), length).map { Int32($0 * 64) }
  }
  static let prompts = [4, 6, 2, 10, 5, 3]
}

func relativeError(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
}
