/// The numbers in which matrix products are computed. Everything else, sums of
/// products and stored weights included, is float32.
public enum Precision: String, Codable, Hashable, Sendable, CaseIterable {
  case float32
  /// Both factors are rounded to bfloat16 (8 bits of precision, to nearest, ties
  /// to even); their products are summed in float32. About twice as fast on
  /// processors with instructions for it, about a third slower on others.
  case bfloat16

  /// Bytes of a number.
  public var byteCount: Int { self == .float32 ? 4 : 2 }
}
