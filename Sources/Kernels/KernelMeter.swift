internal import Synchronization

/// Adds up the time spent in the kernels, while it is on: for benchmarks and
/// profiles. While it is off, a call pays for one look at a flag.
public enum KernelMeter {
  /// What time is told apart.
  public enum Kernel: String, Codable, CaseIterable, Sendable {
    /// Products by a weight matrix, and their gradients.
    case matmul
    /// Rounding what products multiply to bfloat16.
    case rounding
    case attention
    case normalization, activation, rotation
    /// Log-probabilities over the vocabulary, and their gradients.
    case logProbability
    case optimizer
  }

  /// Seconds by kernel, over all lanes.
  public typealias Totals = [Kernel: Double]

  private final class Counter: Sendable {
    let nanoseconds = Atomic(0)
  }

  private static let isOn = Atomic(false)
  private static let counters = Kernel.allCases.map { _ in Counter() }
  private static let index = Dictionary(
    uniqueKeysWithValues: Kernel.allCases.enumerated().map { ($1, $0) })

  /// Clears the sums and begins to add up.
  public static func start() {
    for counter in counters { counter.nanoseconds.store(0, ordering: .relaxed) }
    isOn.store(true, ordering: .relaxed)
  }

  /// What was added up since `start`.
  public static var totals: Totals {
    Totals(
      uniqueKeysWithValues: Kernel.allCases.map {
        ($0, Double(counters[index[$0]!].nanoseconds.load(ordering: .relaxed)) * 1e-9)
      })
  }

  /// Ends it. Kernels that are running meanwhile may still count or not.
  public static func stop() -> Totals {
    isOn.store(false, ordering: .relaxed)
    return totals
  }

  @inline(__always)
  static func count(_ kernel: Kernel, _ body: () -> Void) {
    guard isOn.load(ordering: .relaxed) else { return body() }
    let start = ContinuousClock.now
    body()
    add(kernel, ContinuousClock.now - start)
  }

  @inline(never)
  private static func add(_ kernel: Kernel, _ duration: Duration) {
    let nanoseconds = Int(duration / .nanoseconds(1))
    counters[index[kernel]!].nanoseconds.add(nanoseconds, ordering: .relaxed)
  }
}
