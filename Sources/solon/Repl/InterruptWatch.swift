import Foundation
import Synchronization

/// Ctrl-C as an event.
///
/// The signal is blocked in every thread, and one thread of its own waits for
/// it, so nothing of ours runs inside a signal handler. What was in force before
/// is restored by `stop`.
///
/// Make it before other threads are started: they inherit the blocked signal.
final class InterruptWatch {
  /// Readable after a Ctrl-C; see `drain`.
  let descriptor: Int32

  private let state: State
  private let end: Int32
  private var previous = sigset_t()
  /// What is blocked while this watches: `previous` and SIGINT.
  private var held = sigset_t()

  private final class State: Sendable {
    let isStopping = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
  }

  /// - Parameter action: called for each Ctrl-C, on the waiting thread.
  init(_ action: @escaping @Sendable () -> Void) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw ReplError("cannot watch for Ctrl-C: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    (descriptor, end) = (ends[0], ends[1])
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, &previous)
    pthread_sigmask(SIG_BLOCK, nil, &held)
    let state = State()
    self.state = state
    let end = end
    let thread = Thread {
      var signals = sigset_t()
      // Every other signal is for the threads that act on it.
      sigfillset(&signals)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      sigemptyset(&signals)
      sigaddset(&signals, SIGINT)
      var signal: Int32 = 0
      while sigwait(&signals, &signal) == 0, !state.isStopping.load(ordering: .acquiring) {
        action()
        var byte: UInt8 = 0
        _ = write(end, &byte, 1)
      }
      state.ended.signal()
    }
    thread.start()
  }

  /// Forgets every Ctrl-C so far.
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) > 0 {}
  }

  /// Blocks the signal again on the calling thread, where foreign code may have
  /// let it through: readline 8.2 does after Ctrl-Z.
  func hold() { pthread_sigmask(SIG_SETMASK, &held, nil) }

  func stop() {
    hold()
    state.isStopping.store(true, ordering: .releasing)
    kill(getpid(), SIGINT)
    state.ended.wait()
    pthread_sigmask(SIG_SETMASK, &previous, nil)
    close(descriptor)
    close(end)
  }
}
