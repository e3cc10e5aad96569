/// Philox 4x32-10, a counter-based generator: the n-th number is a function of
/// (key, n) alone. Source: Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3" (SC 2011).
public struct KeyedGenerator: RandomNumberGenerator, Sendable {
  private let key: (UInt32, UInt32)
  private let item: (UInt32, UInt32)
  private var counter: UInt64 = 0
  private var spare: UInt64?

  public init(_ key: RandomKey) {
    let seed = mix(key.seed ^ mix(fnv1a(key.stage)))
    let item = mix(fnv1a(key.item) ^ mix(key.draw &+ 0x9e37_79b9_7f4a_7c15))
    self.key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    self.item = (UInt32(truncatingIfNeeded: item), UInt32(truncatingIfNeeded: item >> 32))
  }

  public mutating func next() -> UInt64 {
    if let spare {
      self.spare = nil
      return spare
    }
    let block = philox4x32(
      counter: (
        UInt32(truncatingIfNeeded: counter),
        UInt32(truncatingIfNeeded: counter >> 32), item.0, item.1
      ), key: key)
    counter &+= 1
    spare = UInt64(block.2) | UInt64(block.3) << 32
    return UInt64(block.0) | UInt64(block.1) << 32
  }

  /// Uniform in [0, 1), 53 random bits.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in `0..<bound`, without modulo bias. `bound` must be positive.
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "index(below:) needs a positive bound, got \(bound)")
    return Int(next(upperBound: UInt64(bound)))
  }

  /// Standard normal, by the Box-Muller transform; uses two numbers.
  public mutating func normal() -> Double {
    let radius = (-2 * logOfUniform(1 - uniform())).squareRoot()
    return radius * cosine(2 * .pi * uniform())
  }

  /// Orders `items` at random (Fisher-Yates).
  public mutating func shuffle<T>(_ items: inout [T]) {
    guard items.count > 1 else { return }
    for last in stride(from: items.count - 1, through: 1, by: -1) {
      items.swapAt(last, index(below: last + 1))
    }
  }
}

/// The ten-round Philox block function on a 128-bit counter and a 64-bit key.
func philox4x32(
  counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
) -> (UInt32, UInt32, UInt32, UInt32) {
  var (c0, c1, c2, c3) = counter
  var (k0, k1) = key
  for _ in 0..<10 {
    let p0 = (0xD251_1F53 as UInt32).multipliedFullWidth(by: c0)
    let p1 = (0xCD9E_8D57 as UInt32).multipliedFullWidth(by: c2)
    (c0, c1, c2, c3) = (p1.high ^ c1 ^ k0, p1.low, p0.high ^ c3 ^ k1, p0.low)
    k0 &+= 0x9E37_79B9
    k1 &+= 0xBB67_AE85
  }
  return (c0, c1, c2, c3)
}

/// 64-bit FNV-1a of the text's UTF-8.
private func fnv1a(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// The finaliser of SplitMix64: spreads every input bit over the word.
private func mix(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

private func logOfUniform(_ value: Double) -> Double { log(value) }
private func cosine(_ angle: Double) -> Double { cos(angle) }
