/// A training run that cannot start or go on: what failed, the value, where,
/// and what to do next, on one line.
public struct TrainingError: Error, Sendable, CustomStringConvertible, Equatable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
