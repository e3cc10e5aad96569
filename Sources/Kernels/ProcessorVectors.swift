internal import CKernels

/// The instructions that this processor's products are computed with. In float32
/// all give the same bits; in bfloat16 those with products of pairs round
/// otherwise than those without.
public enum ProcessorVectors: String, Codable, Sendable {
  case plain, avx2, avx512
  /// AVX-512 with products of bfloat16 pairs.
  case avx512bf16

  public static var current: ProcessorVectors {
    switch solon_processor_vectors() {
    case solon_vectors_avx512_bf16: .avx512bf16
    case solon_vectors_avx512: .avx512
    case solon_vectors_avx2: .avx2
    default: .plain
    }
  }
}
