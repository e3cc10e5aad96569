internal import Kernels

/// Hands out consecutive 64-byte aligned regions of one buffer. Run once to
/// measure, then again over a buffer of the measured size.
struct Arena {
  private let base: FloatPointer
  private(set) var count = 0

  /// Measures: the pointers it hands out must not be read or written.
  static func measuring() -> Arena { Arena(base: FloatPointer(bitPattern: 64)!) }

  init(_ buffer: FloatBuffer) { base = buffer.pointer }

  private init(base: FloatPointer) { self.base = base }

  mutating func take(_ floats: Int) -> FloatPointer {
    defer { count += (floats + 15) / 16 * 16 }
    return base + count
  }
}
