import CLuaHost
import Foundation
import Synchronization

/// Ends calls that take too long, whatever they do.
///
/// A call that has spent `Limits.secondsPerCall` inside Lua is ended where it
/// next looks at its budget, as by any other limit. One that has still not come
/// back some seconds later sits inside a single library function, where nothing
/// can end it, and only `onStuck` can say so.
///
/// Time inside host functions does not count. The time is sampled, so it is
/// known to within `interval`, and a process that was stopped or starved is
/// charged for little of that.
///
/// One thread serves all machines, for as long as there is one. A watched call
/// costs a few nanoseconds.
public final class Watchdog: Sendable {
  /// What the program was doing when a script did not come back.
  public struct Stuck: Sendable, CustomStringConvertible {
    /// Such as `ppo iteration 3, prompt h12`; empty when the caller gave none.
    public var context: String
    /// Where the called function is defined.
    public var location: SourceLocation?
    /// The limit that the call exceeded.
    public var seconds: Double

    /// One line, as `ScriptError.description`.
    public var description: String {
      let place = location.map { "\($0): " } ?? ""
      let doing = context.isEmpty ? "" : " (\(escapingControls(in: context)))"
      return "\(place)script ran longer than \(text(seconds)) s and does not come back\(doing) — "
        + "nothing recorded is lost: repeat the command to go on"
    }
  }

  /// Ends the process when a script is stuck.
  public static let shared = Watchdog { exit(stuck: $0) }

  /// `EX_TEMPFAIL` of sysexits.h: the same command may succeed later.
  public static let stuckStatus: Int32 = 75

  private struct Observation {
    /// The call that was open, 0 for none.
    var entry: UInt64 = 0
    /// Spent in it inside Lua.
    var seconds = 0.0
    var isLate = false
    var isStuck = false
  }

  private struct State {
    var observations: [WatchedMachine: Observation] = [:]
    var isRunning = false
  }

  private let interval: Double
  private let grace: Double
  private let onStuck: @Sendable (Stuck) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - interval: seconds between two looks.
  ///   - grace: seconds a call may take to end after its limit.
  ///   - onStuck: called on the watchdog's thread. The call cannot return to
  ///     its caller meanwhile.
  public init(
    interval: Double = 0.25, grace: Double = 5, onStuck: @escaping @Sendable (Stuck) -> Void
  ) {
    self.interval = interval
    self.grace = grace
    self.onStuck = onStuck
  }

  /// Says so on standard error and ends the process at once. Nothing is
  /// unwound, because the stuck thread cannot be.
  public static func exit(stuck: Stuck) -> Never {
    FileHandle.standardError.write(Data("solon: \(stuck)\n".utf8))
    _exit(stuckStatus)
  }

  func add(_ machine: WatchedMachine) {
    state.withLock { state in
      state.observations[machine] = Observation()
      guard !state.isRunning else { return }
      state.isRunning = true
      let thread = Thread { self.watch() }
      thread.name = "script watchdog"
      thread.start()
    }
  }

  /// The machine's state may go away afterwards.
  func remove(_ machine: WatchedMachine) {
    state.withLock { _ = $0.observations.removeValue(forKey: machine) }
  }

  private func watch() {
    // Signals are for the program's own threads, which may be waiting for them;
    // those of faults cannot be put off.
    var signals = sigset_t()
    sigfillset(&signals)
    for fault in [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] { sigdelset(&signals, fault) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let clock = SuspendingClock()
    var last = clock.now
    var goesOn = true
    while goesOn {
      Thread.sleep(forTimeInterval: interval)
      let now = clock.now
      let elapsed = min((now - last) / .seconds(1), 2 * interval)
      last = now
      goesOn = state.withLock { state in
        for machine in state.observations.keys {
          look(at: machine, elapsed, &state.observations[machine]!)
        }
        state.isRunning = !state.observations.isEmpty
        return state.isRunning
      }
    }
  }

  private func look(
    at machine: WatchedMachine, _ elapsed: Double, _ observation: inout Observation
  ) {
    let entry = machine.openEntry
    guard entry != 0, entry == observation.entry else {
      observation = Observation(entry: entry)
      return
    }
    guard !machine.isInHost else { return }
    observation.seconds += elapsed
    guard observation.seconds >= machine.limit else { return }
    if !observation.isLate {
      observation.isLate = true
      lh_time_out(machine.host, entry)
    } else if observation.seconds >= machine.limit + grace, !observation.isStuck {
      observation.isStuck = true
      machine.describe(entry, to: onStuck)
    }
  }
}

/// What a machine's own thread and the watchdog's share.
///
/// `@unchecked Sendable`: the watchdog uses `host` only with functions of
/// `CLuaHost` that work on atomics, and only until `Watchdog.remove` returns;
/// `activity` and `function` are written while no entry is open and read while
/// one is claimed, which its thread cannot leave.
final class WatchedMachine: @unchecked Sendable {
  let host: OpaquePointer
  let limit: Double

  private static let claimed = UInt64.max
  /// The open outermost call by its number, 0 for none, or `claimed`.
  private let entry = Atomic<UInt64>(0)
  private let inHost = Atomic<Bool>(false)
  /// Held while a claimed entry is being described.
  private let description = Mutex<Void>(())
  private var activity: Activity?
  // Not retained: the frame that opened the entry holds it.
  private unowned(unsafe) var function: FunctionReference?

  init(host: OpaquePointer, limit: Double) {
    self.host = host
    self.limit = limit
  }

  // MARK: On the machine's thread

  func open(_ number: UInt64, _ activity: Activity?, _ function: FunctionReference?) {
    self.activity = activity
    self.function = function
    entry.store(number, ordering: .releasing)
  }

  func close() {
    if entry.exchange(0, ordering: .acquiringAndReleasing) == Self.claimed {
      description.withLock { _ in }
    }
  }

  func enterHost() { inHost.store(true, ordering: .relaxed) }
  func leaveHost() { inHost.store(false, ordering: .relaxed) }

  // MARK: On the watchdog's thread

  var openEntry: UInt64 { entry.load(ordering: .relaxed) }
  var isInHost: Bool { inHost.load(ordering: .relaxed) }

  /// Describes the entry, unless it has ended. It cannot end meanwhile.
  func describe(_ number: UInt64, to body: (Watchdog.Stuck) -> Void) {
    description.withLock { _ in
      guard
        entry.compareExchange(
          expected: number, desired: Self.claimed, ordering: .acquiringAndReleasing
        ).exchanged
      else { return }
      body(
        Watchdog.Stuck(
          context: activity?.description ?? "", location: function?.location, seconds: limit))
      // Unless its thread is at the end already and waits there.
      _ = entry.compareExchange(
        expected: Self.claimed, desired: number, ordering: .acquiringAndReleasing)
    }
  }
}

extension WatchedMachine: Hashable {
  static func == (a: WatchedMachine, b: WatchedMachine) -> Bool { a === b }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
