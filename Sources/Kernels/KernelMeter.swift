internal import Synchronization

/// Adds up the time spent in the kernels that do most of the arithmetic, while
/// it is on: for benchmarks. While it is off, a call pays for one look at a flag.
public enum KernelMeter {
  /// What was added up, over all lanes.
  public struct Totals: Hashable, Sendable {
    /// Inside products by a weight matrix and their gradients.
    public var matmulSeconds: Double
    /// Inside attention and its gradient.
    public var attentionSeconds: Double
  }

  enum Kernel { case matmul, attention }

  private static let isOn = Atomic(false)
  private static let matmulNanoseconds = Atomic(0)
  private static let attentionNanoseconds = Atomic(0)

  /// Clears the sums and begins to add up.
  public static func start() {
    matmulNanoseconds.store(0, ordering: .relaxed)
    attentionNanoseconds.store(0, ordering: .relaxed)
    isOn.store(true, ordering: .relaxed)
  }

  /// Ends it. Kernels that are running meanwhile may still count or not.
  public static func stop() -> Totals {
    isOn.store(false, ordering: .relaxed)
    return Totals(
      matmulSeconds: Double(matmulNanoseconds.load(ordering: .relaxed)) * 1e-9,
      attentionSeconds: Double(attentionNanoseconds.load(ordering: .relaxed)) * 1e-9)
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
    switch kernel {
    case .matmul: matmulNanoseconds.add(nanoseconds, ordering: .relaxed)
    case .attention: attentionNanoseconds.add(nanoseconds, ordering: .relaxed)
    }
  }
}
