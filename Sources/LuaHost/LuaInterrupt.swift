import CLuaHost

/// Ends the call a `LuaVM` is running, from any thread.
///
/// `@unchecked Sendable`: only the two functions of `CLuaHost` that work on
/// atomics are used. Keeping the handle keeps the machine, so the state exists.
public final class LuaInterrupt: @unchecked Sendable {
  private let machine: LuaVM

  init(_ machine: LuaVM) { self.machine = machine }

  /// Ends the open call at its next look at the budget; `pcall` cannot catch
  /// it. Without an open call, nothing happens.
  public func interrupt() { lh_interrupt(machine.host) }

  /// Grows while a script runs. A value that stands still while a call is open
  /// means that the script sits inside one library or host function.
  public var heartbeat: UInt64 { lh_heartbeat(machine.host) }
}
