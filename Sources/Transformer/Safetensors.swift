/// Reading and writing of safetensors files: a header that names each tensor's
/// type, shape and place, then the numbers. Source: the format's specification
/// at huggingface/safetensors.
public enum Safetensors {
  /// The number types that this program reads; a file with another is refused.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case float32 = "F32"
    case bfloat16 = "BF16"
    case float16 = "F16"

    /// Bytes of one number.
    public var size: Int { self == .float32 ? 4 : 2 }
  }

  /// One tensor of a file.
  public struct Tensor: Hashable, Sendable {
    public let name: String
    public let type: ElementType
    /// Row-major.
    public let shape: [Int]
    /// Number of elements.
    public let count: Int
    /// Where its bytes lie in the file.
    public let bytes: Range<Int>
  }

  /// The longest header that is read, 100 MB, as in the reference reader.
  static let maximumHeader = 100_000_000
}
