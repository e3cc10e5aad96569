import Foundation
import Stages

/// Prints a run for people: one line a stage, rewritten in place on a terminal
/// while it works, with rate and time left.
final class ConsoleObserver: RunObserver {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var began = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var heading = ""
  private var first: (done: Int, time: ContinuousClock.Instant)?

  func stageBegan(_ name: String, index: Int, of count: Int) {
    heading = "[\(index)/\(count)] \(name)"
    began = .now
    lastShown = .now
    first = nil
    show("\(heading) …")
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    let now = ContinuousClock.now
    if first == nil { first = (done, now) }
    let interval: Duration = isTerminal ? .milliseconds(200) : .seconds(15)
    guard now - lastShown > interval else { return }
    lastShown = now
    // What was done before the first report came from the record or from a
    // stopped run, and says nothing about the rate.
    guard let first else { return }
    let elapsed = (now - first.time) / .seconds(1)
    let fresh = done - first.done
    // Unknown until something was done since.
    let left = fresh > 0 ? "  \(Self.clock(elapsed / Double(fresh) * Double(total - done))) left" : ""
    let text = "\(heading)  \(done)/\(total)  \(detail)\(left)"
    isTerminal ? show(text) : Console.line(text)
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {
    clear()
    Console.line("\(heading)  \(Self.clock(seconds))  \(summary)")
  }

  func note(_ text: String) {
    clear()
    Console.line("      \(text)")
  }

  private func show(_ line: String) {
    guard isTerminal else { return }
    let width = Int(ProcessInfo.processInfo.environment["COLUMNS"] ?? "") ?? 100
    FileHandle.standardError.write(Data("\r\u{1b}[K\(line.prefix(max(1, width - 1)))".utf8))
  }

  private func clear() {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
  }

  /// Such as 12.3s, 4m05s or 2h10m.
  static func clock(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: "%.1fs", seconds) }
    let whole = Int(seconds.rounded())
    return whole < 3600
      ? String(format: "%dm%02ds", whole / 60, whole % 60)
      : String(format: "%dh%02dm", whole / 3600, whole % 3600 / 60)
  }
}
