/// A request that cannot be carried out, or a model that yields no
/// distribution. One line: what failed, the value, where, and what to do next.
public struct InferenceError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
