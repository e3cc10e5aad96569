import Synchronization

/// Ends engine calls before they are done, from any thread.
///
/// An engine that was given one looks at it before every step of every lane, so
/// a call ends within the time of one step. The engine stays usable, and what
/// later calls return does not depend on the calls that were ended.
public final class Cancellation: Sendable {
  private let flag = Atomic(false)

  public init() {}

  /// Ends the call at work; calls made from now on end at once, until `reset`.
  public func cancel() { flag.store(true, ordering: .relaxed) }

  /// Lets calls work again.
  public func reset() { flag.store(false, ordering: .relaxed) }

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  func check() throws(Cancelled) {
    if isCancelled { throw Cancelled() }
  }
}

/// A call was ended through its `Cancellation`. It has no result.
public struct Cancelled: Error, Sendable, Hashable, CustomStringConvertible {
  public init() {}

  public var description: String { "the call to the model was ended before it was done" }
}
