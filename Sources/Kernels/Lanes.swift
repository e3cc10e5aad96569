#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Work split over a fixed number of threads. A lane is one thread's share: it
/// works on its own sequences and buffers with single-threaded kernels, alone
/// unless others help it (`LaneTeam`), which changes no bit. So results depend on the
/// number of lanes only through how the caller divides the work, never on timing.
public enum Lanes {
  /// The number of lanes used unless a caller asks for another; it is fixed,
  /// and not the machine's core count, so that results repeat on any machine.
  public static let standardCount = 2

  /// Runs `body(0)`, …, `body(count - 1)` at the same time and returns when all
  /// have ended. Lane 0 is the calling thread; the others are threads that live
  /// as long as the process, with 8 MiB stacks. Calls from several threads take
  /// turns. If lanes throw, the error of the lowest lane is thrown.
  ///
  /// A call from inside a lane is a bug in the caller and stops the program.
  public static func run<Failure: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(count > 0, "Lanes.run needs at least one lane, got \(count)")
    let failures = FailureSlots<Failure>(count: count)
    LanePool.shared.run(count) { lane in
      do throws(Failure) {
        try body(lane)
      } catch {
        failures.slots[lane] = error
      }
    }
    for failure in UnsafeBufferPointer(start: failures.slots, count: count) {
      if let failure { throw failure }
    }
  }
}

/// One slot per lane for what it threw. Unchecked: each lane writes only its
/// own slot, and they are read after every lane has ended.
private final class FailureSlots<Failure: Error>: @unchecked Sendable {
  let slots: UnsafeMutablePointer<Failure?>
  let count: Int

  init(count: Int) {
    self.count = count
    slots = .allocate(capacity: count)
    slots.initialize(repeating: nil, count: count)
  }

  deinit {
    slots.deinitialize(count: count)
    slots.deallocate()
  }
}

/// The threads behind `Lanes`. Unchecked: `turn` lets one run in at a time, and
/// every field below it is read and written with `mutex` held.
private final class LanePool: @unchecked Sendable {
  static let shared = LanePool()

  private let turn = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let started = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Set, on each thread that is inside a lane, to any non-null pointer.
  private var insideLane = pthread_key_t()

  private var workers = 0
  private var generation = 0
  private var lanes = 0
  private var running = 0
  private var body: (@Sendable (Int) -> Void)?

  private init() {
    pthread_mutex_init(turn, nil)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(started, nil)
    pthread_cond_init(finished, nil)
    pthread_key_create(&insideLane, nil)
  }

  func run(_ count: Int, _ body: @Sendable (Int) -> Void) {
    precondition(
      pthread_getspecific(insideLane) == nil,
      "Lanes.run was called from inside a lane; lanes do not nest")
    pthread_mutex_lock(turn)
    pthread_setspecific(insideLane, mutex)
    withoutActuallyEscaping(body) { body in
      if count > 1 {
        pthread_mutex_lock(mutex)
        while workers < count - 1 { startWorker() }
        self.body = body
        lanes = count
        running = count - 1
        generation += 1
        pthread_cond_broadcast(started)
        pthread_mutex_unlock(mutex)
      }
      body(0)
      if count > 1 {
        pthread_mutex_lock(mutex)
        while running > 0 { pthread_cond_wait(finished, mutex) }
        self.body = nil
        pthread_mutex_unlock(mutex)
      }
    }
    pthread_setspecific(insideLane, nil)
    pthread_mutex_unlock(turn)
  }

  private func startWorker() {
    workers += 1
    let start = Unmanaged.passRetained(WorkerStart(pool: self, lane: workers))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 8 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let status = pthread_create(&thread, &attributes, laneMain, start.toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(status == 0, "the system refused a thread for a lane (error \(status))")
  }

  /// The life of the thread of one lane: wait for a run that has such a lane,
  /// do its share, report.
  fileprivate func work(lane: Int, after seen: Int) {
    pthread_setspecific(insideLane, mutex)
    var seen = seen
    pthread_mutex_lock(mutex)
    while true {
      while generation == seen { pthread_cond_wait(started, mutex) }
      seen = generation
      guard lane < lanes, let body else { continue }
      pthread_mutex_unlock(mutex)
      body(lane)
      pthread_mutex_lock(mutex)
      running -= 1
      if running == 0 { pthread_cond_signal(finished) }
    }
  }

  /// What a new thread is told. `after` is the run before the one it is
  /// started for.
  fileprivate final class WorkerStart {
    let pool: LanePool
    let lane: Int
    let after: Int

    init(pool: LanePool, lane: Int) {
      self.pool = pool
      self.lane = lane
      after = pool.generation
    }
  }
}

private func laneMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  let start = Unmanaged<LanePool.WorkerStart>.fromOpaque(argument!).takeRetainedValue()
  // Signals are for the program's own threads, which may be waiting for them;
  // those of faults cannot be put off.
  var signals = sigset_t()
  sigfillset(&signals)
  for fault in [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] { sigdelset(&signals, fault) }
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  start.pool.work(lane: start.lane, after: start.after)
  return nil
}
