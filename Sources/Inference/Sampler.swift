import Kernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads next-token distributions: draws from them and gives log-probabilities.
/// One per lane, since it owns scratch memory. Everything it returns depends on
/// the given logits, sampling and uniform alone.
final class Sampler {
  private let vocabulary: Int
  /// `[V]`: logits over temperature.
  private let scaled: FloatBuffer
  /// `[V]`: their softmax, before the division by its sum.
  private let weights: FloatBuffer
  /// Sum of the weights of each block of `blockWidth` token ids, and then
  /// of the ids left over.
  private var blockSums: [Double] = []
  private var ranking = TokenRanking()

  static let blockWidth = 64

  init(vocabulary: Int) {
    self.vocabulary = vocabulary
    scaled = FloatBuffer(count: vocabulary)
    weights = FloatBuffer(count: vocabulary)
    blockSums.reserveCapacity(vocabulary / Self.blockWidth + 1)
  }

  /// Natural log-probability of `token` under softmax(`logits`), `[V]`; `nil`
  /// if it is not a finite number.
  func logProbability(_ logits: UnsafePointer<Float>, of token: Int32) -> Float? {
    let sum = softmaxWeights(weights.pointer, logits, count: vocabulary)
    guard sum.isFinite else { return nil }
    let result = sum.logProbability(of: logits[Int(token)])
    return result.isFinite ? result : nil
  }

  /// Chooses a token from `logits`, `[V]`, with `uniform` in [0, 1), by walking
  /// the distribution in token order until its mass passes `uniform`. The
  /// log-probability is as `Generation.logProbabilities` says; `nil` if the
  /// logits are not finite.
  func sample(
    _ logits: UnsafePointer<Float>, _ sampling: Sampling, uniform: Double
  ) -> (token: Int32, logProbability: Float)? {
    if sampling.temperature == 0 {
      let token = largest(logits)
      return logProbability(logits, of: token).map { (token, $0) }
    }
    let scaled = scale(logits, by: 1 / sampling.temperature)
    let sum = softmaxWeights(weights.pointer, scaled, count: vocabulary)
    guard sum.isFinite else { return nil }

    let token: Int32
    var keptMass = 1.0
    if sampling.topK.map({ $0 < vocabulary }) ?? false || sampling.topP.map({ $0 < 1 }) ?? false {
      let kept = ranking.keep(
        weights.pointer, vocabulary: vocabulary, topK: sampling.topK, topP: sampling.topP)
      guard kept.mass.isFinite, kept.mass > 0 else { return nil }
      keptMass = kept.share
      token = draw(kept.tokens, uniform * kept.mass)
    } else {
      guard let drawn = draw(uniform) else { return nil }
      token = drawn
    }
    let whole = sum.logProbability(of: scaled[Int(token)])
    guard whole.isFinite else { return nil }
    return (token, keptMass == 1 ? whole : min(0, Float(Double(whole) - log(keptMass))))
  }

  // MARK: - Pieces

  /// The lowest index of the largest logit.
  private func largest(_ logits: UnsafePointer<Float>) -> Int32 {
    var best = 0
    for index in 1..<max(1, vocabulary) where logits[index] > logits[best] { best = index }
    return Int32(best)
  }

  /// `logits` times `factor`, in scratch memory, or `logits` itself if it is 1.
  private func scale(
    _ logits: UnsafePointer<Float>, by factor: Float
  ) -> UnsafePointer<Float> {
    if factor == 1 { return logits }
    let scaled = scaled.pointer
    for index in 0..<vocabulary { scaled[index] = logits[index] * factor }
    return UnsafePointer(scaled)
  }

  /// The first token at which the running sum of the weights passes `uniform` times
  /// their total.
  private func draw(_ uniform: Double) -> Int32? {
    let weights = weights.pointer
    blockSums.removeAll(keepingCapacity: true)
    var total = 0.0
    for start in stride(from: 0, to: vocabulary, by: Self.blockWidth) {
      let end = min(start + Self.blockWidth, vocabulary)
      let sum = Double(sumOfBlock(weights + start, count: end - start))
      blockSums.append(sum)
      total += sum
    }
    guard total.isFinite, total > 0 else { return nil }

    let target = uniform * total
    var before = 0.0
    var block = 0
    while block + 1 < blockSums.count, before + blockSums[block] <= target {
      before += blockSums[block]
      block += 1
    }
    let start = block * Self.blockWidth
    let end = min(start + Self.blockWidth, vocabulary)
    for index in start..<end {
      before += Double(weights[index])
      if before > target { return Int32(index) }
    }
    // The block's sum was rounded up past the target: its last possible token,
    // or, in an empty last block, the last possible one of all.
    for index in (0..<end).reversed() where weights[index] > 0 {
      return Int32(index)
    }
    return nil
  }

  /// The same among `tokens`, in rising order; `target` is below their mass.
  private func draw(_ tokens: [Int32], _ target: Double) -> Int32 {
    var sum = 0.0
    for token in tokens {
      sum += Double(weights.pointer[Int(token)])
      if sum > target { return token }
    }
    return tokens[tokens.count - 1]
  }
}

/// The sum of `count` ≤ 64 numbers, in an order that depends on `count` alone.
private func sumOfBlock(_ x: UnsafePointer<Float>, count: Int) -> Float {
  guard count == Sampler.blockWidth else {
    var sum: Float = 0
    for index in 0..<count { sum += x[index] }
    return sum
  }
  let raw = UnsafeRawPointer(x)
  let size = MemoryLayout<SIMD16<Float>>.stride
  let a = raw.loadUnaligned(as: SIMD16<Float>.self)
  let b = raw.loadUnaligned(fromByteOffset: size, as: SIMD16<Float>.self)
  let c = raw.loadUnaligned(fromByteOffset: 2 * size, as: SIMD16<Float>.self)
  let d = raw.loadUnaligned(fromByteOffset: 3 * size, as: SIMD16<Float>.self)
  return ((a + b) + (c + d)).sum()
}
