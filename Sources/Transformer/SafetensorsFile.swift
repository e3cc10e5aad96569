public import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A safetensors file, mapped into memory. Every statement of the header is
/// checked when it is opened, so reading a tensor cannot fail or stray.
///
/// `@unchecked Sendable`: the mapping is private and only read.
public final class SafetensorsFile: @unchecked Sendable {
  public let url: URL
  /// By place in the file.
  public let tensors: [Safetensors.Tensor]
  /// The header's `__metadata__`.
  public let metadata: [String: String]

  private let mapping: UnsafeRawBufferPointer

  /// Opens and checks the file: its length, the header's JSON, types, shapes, and
  /// that the tensors fill the file exactly, without gaps or overlaps.
  public init(contentsOf url: URL) throws(CheckpointError) {
    self.url = url
    mapping = try Self.map(url)
    do {
      (tensors, metadata) = try SafetensorsHeader(path: url.path, file: mapping).read()
    } catch {
      munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count)
      throw error
    }
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count) }

  /// The tensor of this name, or nil.
  public subscript(name: String) -> Safetensors.Tensor? { tensors.first { $0.name == name } }

  /// Copies a tensor of this file to `destination` (room for `tensor.count`
  /// floats), widening BF16 and F16, which is exact.
  public func read(_ tensor: Safetensors.Tensor, into destination: UnsafeMutablePointer<Float>) {
    let source = UnsafeRawBufferPointer(rebasing: mapping[tensor.bytes])
    // The numbers need not be aligned: headers of any length are allowed.
    switch tensor.type {
    case .float32:
      UnsafeMutableRawPointer(destination).copyMemory(
        from: source.baseAddress!, byteCount: source.count)
    case .bfloat16:
      for index in 0..<tensor.count {
        let bits = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        destination[index] = Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
      }
    case .float16:
      for index in 0..<tensor.count {
        let bits = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        destination[index] = Safetensors.float(half: UInt16(littleEndian: bits))
      }
    }
  }

  private static func map(_ url: URL) throws(CheckpointError) -> UnsafeRawBufferPointer {
    let file = open(url.path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      guard errno != ENOENT else {
        throw CheckpointError(
          .missing, path: url.path, "no such file",
          hint: "copy the model's weights there in safetensors form")
      }
      throw CheckpointFile.failure(url, "cannot be opened")
    }
    defer { close(file) }
    var information = stat()
    guard fstat(file, &information) == 0 else {
      throw CheckpointFile.failure(url, "cannot be examined")
    }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(.malformed, path: url.path, "not a file", hint: "check the path")
    }
    let size = Int(information.st_size)
    guard size >= 8 else {
      throw CheckpointError(
        .malformed, path: url.path, "truncated: expected at least 8 bytes, found \(size)",
        hint: "copy or download the file again")
    }
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, file, 0), memory != MAP_FAILED
    else { throw CheckpointFile.failure(url, "cannot be mapped") }
    return UnsafeRawBufferPointer(start: memory, count: size)
  }
}

extension Safetensors {
  /// The value of IEEE 754 half-precision bits.
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7fff)
    if magnitude >= 0x7c00 {  // infinity, or not a number
      return Float(bitPattern: sign | 0x7f80_0000 | (magnitude & 0x3ff) << 13)
    }
    // Shifting puts the exponent, biased by 15, where one biased by 127 belongs;
    // a multiplication by 2^112 repairs it, and subnormals with it.
    let value = Float(bitPattern: magnitude << 13) * 0x1p112
    return Float(bitPattern: sign | value.bitPattern)
  }
}
