#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

public typealias FloatPointer = UnsafeMutablePointer<Float>
public typealias ConstFloatPointer = UnsafePointer<Float>

/// A fixed block of float32 numbers: zeroed, with every page touched, so that a
/// training step never meets a page fault. Aligned to 64 bytes; large blocks to
/// 2 MiB, and offered to the system for huge pages.
///
/// Unchecked because it hands out its memory: whoever shares a buffer between
/// lanes gives each lane its own part to write, or lets all of them only read.
public final class FloatBuffer: @unchecked Sendable {
  public let pointer: UnsafeMutablePointer<Float>
  public let count: Int

  private static let hugePage = 2 << 20

  /// A zeroed buffer of `count` numbers; `count` may be 0.
  public init(count: Int) {
    precondition(count >= 0, "FloatBuffer needs a count of 0 or more, got \(count)")
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let large = bytes >= 2 * Self.hugePage
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: large ? Self.hugePage : 64)
    #if os(Linux)
      // Advice only: where it is refused the buffer works with small pages.
      if large { _ = madvise(memory, bytes, Int32(MADV_HUGEPAGE)) }
    #endif
    pointer = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
    zero()
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  public subscript(index: Int) -> Float {
    get {
      assert(index >= 0 && index < count)
      return pointer[index]
    }
    set {
      assert(index >= 0 && index < count)
      pointer[index] = newValue
    }
  }

  /// Sets every number to 0.
  public func zero() {
    memset(pointer, 0, count * MemoryLayout<Float>.stride)
  }
}
