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
  /// `[V]`: their softmax.
  private let probabilities: FloatBuffer
  /// Sum of the probabilities of each block of `blockWidth` token ids, and then
  /// of the ids left over.
  private var blockSums: [Double] = []
  private var ranking = TokenRanking()

  static let blockWidth = 64

  init(vocabulary: Int) {
    self.vocabulary = vocabulary
    scaled = FloatBuffer(count: vocabulary)
    probabilities = FloatBuffer(count: vocabulary)
    blockSums.reserveCapacity(vocabulary / Self.blockWidth + 1)
  }

  /// Natural log-probability of `token` under softmax(`logits`), `[V]`; `nil`
  /// if it is not a finite number.
  func logProbability(_ logits: UnsafePointer<Float>, of token: Int32) -> Float? {
    guard isUsable(logits) else { return nil }
    return checkedLogProbability(logits, of: token)
  }

  private func checkedLogProbability(
    _ logits: UnsafePointer<Float>, of token: Int32
  ) -> Float? {
    var target = token
    var result: Float = 0
    var logSum: Float = 0
    Kernels.logProbability(
      &result, &logSum, nil, logits, &target, rows: 1, vocabulary: vocabulary)
    return result.isFinite && logSum.isFinite ? result : nil
  }

  /// Chooses a token from `logits`, `[V]`, with `uniform` in [0, 1), by walking
  /// the distribution in token order until its mass passes `uniform`. The
  /// log-probability is as `Generation.logProbabilities` says; `nil` if the
  /// logits are not finite.
  func sample(
    _ logits: UnsafePointer<Float>, _ sampling: Sampling, uniform: Double
  ) -> (token: Int32, logProbability: Float)? {
    guard isUsable(logits) else { return nil }
    if sampling.temperature == 0 {
      let token = largest(logits)
      return checkedLogProbability(logits, of: token).map { (token, $0) }
    }
    let scaled = scale(logits, by: 1 / sampling.temperature)
    softmax(probabilities.pointer, scaled, rows: 1, width: vocabulary)

    let token: Int32
    var keptMass = 1.0
    if sampling.topK.map({ $0 < vocabulary }) ?? false || sampling.topP.map({ $0 < 1 }) ?? false {
      let kept = ranking.keep(
        probabilities.pointer, vocabulary: vocabulary, topK: sampling.topK,
        topP: sampling.topP)
      guard kept.mass.isFinite, kept.mass > 0 else { return nil }
      keptMass = kept.share
      token = draw(kept.tokens, uniform * kept.mass)
    } else {
      guard let drawn = draw(uniform) else { return nil }
      token = drawn
    }
    guard let whole = checkedLogProbability(scaled, of: token) else { return nil }
    return (token, keptMass == 1 ? whole : min(0, Float(Double(whole) - log(keptMass))))
  }

  // MARK: - Pieces

  /// Whether no logit is a NaN or +∞; kernels need not carry those through.
  private func isUsable(_ logits: UnsafePointer<Float>) -> Bool {
    var usable = SIMDMask<SIMD16<Int32>>(repeating: true)
    let infinity = SIMD16<Float>(repeating: .infinity)
    var index = 0
    while index + 16 <= vocabulary {
      let x = UnsafeRawPointer(logits + index).loadUnaligned(as: SIMD16<Float>.self)
      usable .&= x .< infinity
      index += 16
    }
    while index < vocabulary {
      guard logits[index] < .infinity else { return false }
      index += 1
    }
    return all(usable)
  }

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

  /// The first token at which the running sum of the probabilities passes
  /// `uniform` times their total.
  private func draw(_ uniform: Double) -> Int32? {
    let probabilities = probabilities.pointer
    blockSums.removeAll(keepingCapacity: true)
    var total = 0.0
    for start in stride(from: 0, to: vocabulary, by: Self.blockWidth) {
      let end = min(start + Self.blockWidth, vocabulary)
      let sum = Double(sumOfBlock(probabilities + start, count: end - start))
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
      before += Double(probabilities[index])
      if before > target { return Int32(index) }
    }
    // The block's sum was rounded up past the target: its last possible token,
    // or, in an empty last block, the last possible one of all.
    for index in (0..<end).reversed() where probabilities[index] > 0 {
      return Int32(index)
    }
    return nil
  }

  /// The same among `tokens`, in rising order; `target` is below their mass.
  private func draw(_ tokens: [Int32], _ target: Double) -> Int32 {
    var sum = 0.0
    for token in tokens {
      sum += Double(probabilities.pointer[Int(token)])
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
