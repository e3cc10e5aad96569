#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The constants of AdamW: Adam with weight decay kept apart from the
/// gradient. Source: Loshchilov and Hutter, "Decoupled Weight Decay
/// Regularization", 2019.
public struct AdamW: Hashable, Sendable {
  /// Decay of the mean of gradients, in [0, 1).
  public var beta1: Float
  /// Decay of the mean of squared gradients, in [0, 1).
  public var beta2: Float
  /// Added to the root of the mean square.
  public var epsilon: Float
  /// Share of a weight removed per step and unit of learning rate.
  public var weightDecay: Float

  public init(
    beta1: Float = 0.9, beta2: Float = 0.95, epsilon: Float = 1e-8,
    weightDecay: Float = 0
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }
}

/// One AdamW step, in place on `parameter` and on the moments `m` and `v`, all
/// of `count` elements. The gradient is taken times `gradientScale` (clipping,
/// averaging over lanes). `step` counts from 1; `decays` says whether weight
/// decay applies to these parameters.
public func adamW(
  _ parameter: FloatPointer, _ gradient: ConstFloatPointer, _ m: FloatPointer,
  _ v: FloatPointer, count: Int, learningRate: Float, gradientScale: Float,
  options: AdamW, step: Int, decays: Bool
) {
  precondition(step >= 1, "AdamW steps count from 1, got \(step)")
  let beta1 = Vector(repeating: options.beta1)
  let beta2 = Vector(repeating: options.beta2)
  let correction1 = 1 - pow(Double(options.beta1), Double(step))
  let correction2 = 1 - pow(Double(options.beta2), Double(step))
  // p -= (lr / c1) m / (√v / √c2 + ε)
  let rate = Vector(repeating: -Float(Double(learningRate) / correction1))
  let rootScale = Vector(repeating: Float(1 / correction2.squareRoot()))
  let keep = Vector(
    repeating: decays ? 1 - learningRate * options.weightDecay : 1)
  let epsilon = Vector(repeating: options.epsilon)
  KernelMeter.count(.optimizer) {
    forEachVector(count) { i, n in
      let g = load(gradient, i, n) * gradientScale
      let mean = g.addingProduct(load(m, i, n) - g, beta1)
      let squared = g * g
      let square = squared.addingProduct(load(v, i, n) - squared, beta2)
      store(mean, m, i, n)
      store(square, v, i, n)
      let root = square * inverseSquareRoot(square)
      let update = mean / epsilon.addingProduct(root, rootScale)
      store((load(parameter, i, n) * keep).addingProduct(update, rate), parameter, i, n)
    }
  }
}
