public import Kernels

/// What a benchmark measured.
public struct BenchmarkResult: Sendable, Codable, Hashable {
  public var task: BenchmarkTask
  public var config: BenchmarkModel
  /// What a round works on, in words.
  public var shape: String
  /// Of the products by weights.
  public var precision: Precision
  /// Threads that worked.
  public var lanes: Int
  /// What products by weights are computed with.
  public var vectors: ProcessorVectors
  /// The kernels of their weights' gradients in float32, by OpenBLAS's name.
  public var blasCore: String

  /// Timed rounds, after one that was not.
  public var rounds: Int
  /// Of a round: median, least and most.
  public var seconds: Double
  public var secondsLeast: Double
  public var secondsMost: Double
  /// Seconds of a round's parts, by name (medians); nil where the work does not
  /// measure its parts.
  public var phaseSeconds: [String: Double]?

  /// Of a median round.
  public var tokensPerSecond: Double
  /// What people count of this work: answers, prompts, pairs.
  public var item: String
  public var itemsPerSecond: Double
  /// Floating-point operations that the work cannot do without.
  public var operationsPerSecond: Double
  /// Of large matrix products of this precision by all lanes, in the same process.
  public var gemmPeak: Double
  /// `operationsPerSecond / gemmPeak`.
  public var gemmPeakShare: Double
  /// Of weights that have to be read, where that is the limit.
  public var bytesPerSecond: Double?
  /// Bytes that all lanes read from memory in a second, measured just after,
  /// where `bytesPerSecond` is given.
  public var readPeak: Double?
  /// `bytesPerSecond / readPeak`.
  public var readPeakShare: Double?

  /// Shares of all lanes' time by kernel (`KernelMeter.Kernel`), in one more round
  /// with clocks in the kernels.
  public var kernelShares: [String: Double]
  /// What is left: everything else, waiting included.
  public var otherShare: Double

  /// The most memory held; nil where the system does not say.
  public var peakMemoryBytes: Int?
}

/// The middle value, or the mean of both middle ones.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}
