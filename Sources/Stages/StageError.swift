/// A run that cannot go on: one line that says what failed and what to do.
public struct StageError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
