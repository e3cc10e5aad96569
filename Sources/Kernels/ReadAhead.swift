internal import CKernels

/// Memory that will be read soon. Products given one ask for it, a little in every
/// step, so that memory works while they compute. It changes no result.
///
/// For one thread at a time.
public final class ReadAhead {
  private let parts: UnsafeMutablePointer<solon_ahead_part>
  private let capacity: Int
  private var count = 0
  private var bytes = 0
  let walk: UnsafeMutablePointer<solon_ahead>

  /// More than this would push out of the last cache what came first: one of two
  /// lanes' share of 32 MiB, of which weights take some.
  private static let mostBytes = 12 << 20

  /// Room for the keys and values of so many sequences.
  public init(sequences: Int) {
    capacity = 2 * sequences
    parts = .allocate(capacity: capacity)
    walk = .allocate(capacity: 1)
    walk.initialize(to: solon_ahead(part: parts, end: parts, segment: 0, offset: 0))
  }

  deinit {
    parts.deallocate()
    walk.deallocate()
  }

  /// Forgets what is left.
  public func clear() {
    count = 0
    bytes = 0
    walk.pointee = solon_ahead(part: parts, end: parts, segment: 0, offset: 0)
  }

  /// `segments` pieces of `bytes` bytes, `stride` numbers from one to the next, are
  /// read after all that was added before. From the first on for which there is no
  /// room, nothing more is taken.
  func add(_ start: ConstFloatPointer, bytes: Int, stride: Int, segments: Int) {
    self.bytes += segments * bytes
    guard count < capacity, self.bytes <= Self.mostBytes, bytes > 0 else { return }
    parts[count] = solon_ahead_part(
      start: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self), bytes: bytes,
      stride: stride * MemoryLayout<Float>.stride, count: segments)
    count += 1
    walk.pointee.end = UnsafePointer(parts + count)
  }
}
