internal import Foundation

/// Names a process so that its death can be noticed later, even when its
/// number has been given to another process or the machine has restarted.
struct ProcessIdentity: Equatable {
  var identifier: Int
  /// Boot identifier and start time in clock ticks since boot, as
  /// `/proc/PID/stat` tells it; empty where there is no `/proc`.
  var started: String

  static let current: ProcessIdentity = {
    let identifier = Int(getpid())
    return ProcessIdentity(
      identifier: identifier, started: startMark(of: identifier) ?? "")
  }()

  var isAlive: Bool {
    guard identifier > 0 else { return false }
    guard !started.isEmpty else {
      return kill(pid_t(identifier), 0) == 0 || errno == EPERM
    }
    return ProcessIdentity.startMark(of: identifier) == started
  }

  private static func startMark(of identifier: Int) -> String? {
    guard
      let stat = try? String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8),
      let boot = try? String(
        contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8),
      // The program's name is in parentheses and may hold spaces or
      // parentheses itself; the fields after the last one are plain.
      let name = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: name)...].split(separator: " ")
    // Field 3 is the first after the name. A zombie (Z) has ended.
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    let bootIdentifier = boot.trimmingCharacters(in: .whitespacesAndNewlines)
    return "\(bootIdentifier):\(fields[19])"
  }
}
