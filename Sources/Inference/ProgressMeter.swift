import Synchronization

/// Counts what the lanes have done and tells the caller at most every 100 ms,
/// and once at the end.
final class ProgressMeter: Sendable {
  private struct Counts {
    var done = 0
    var newTokens = 0
    var told: ContinuousClock.Instant
  }

  private let counts: Mutex<Counts>
  /// Held while the caller's function runs, so that its calls do not overlap.
  private let telling = Mutex(())
  private let tell: EngineProgress?

  init(_ tell: EngineProgress?) {
    self.tell = tell
    counts = Mutex(Counts(told: .now))
  }

  /// Adds to the counts; called by a lane after each step.
  func add(done: Int, newTokens: Int) {
    guard let tell else { return }
    counts.withLock { counts in
      counts.done += done
      counts.newTokens += newTokens
    }
    // A lane that finds the other one telling goes on with its work.
    _ = telling.withLockIfAvailable { _ in
      let due = counts.withLock { counts -> (Int, Int)? in
        let now = ContinuousClock.now
        guard now - counts.told >= .milliseconds(100) else { return nil }
        counts.told = now
        return (counts.done, counts.newTokens)
      }
      if let (done, newTokens) = due { tell(done, newTokens) }
    }
  }

  /// The last word, after all lanes have ended.
  func finish() {
    guard let tell else { return }
    let (done, newTokens) = counts.withLock { ($0.done, $0.newTokens) }
    telling.withLock { _ in tell(done, newTokens) }
  }
}
