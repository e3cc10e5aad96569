import Foundation
import Stages

/// Prints a run for people: one line a stage, rewritten in place on a terminal
/// while it works, with rate and time left.
final class ConsoleObserver: RunObserver {
  private let line = ProgressLine()
  private var began = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var heading = ""
  private var first: (done: Int, time: ContinuousClock.Instant)?

  func stageBegan(_ name: String, index: Int, of count: Int) {
    heading = "[\(index)/\(count)] \(name)"
    began = .now
    lastShown = .now
    first = nil
    line.show("\(heading) …")
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    let now = ContinuousClock.now
    if first == nil { first = (done, now) }
    let interval: Duration = line.isTerminal ? .milliseconds(200) : .seconds(15)
    guard now - lastShown > interval else { return }
    lastShown = now
    // What was done before the first report came from the record or from a
    // stopped run, and says nothing about the rate.
    guard let first else { return }
    let elapsed = (now - first.time) / .seconds(1)
    let fresh = done - first.done
    // Unknown until something was done since.
    let left =
      fresh > 0 ? "  \(Self.clock(elapsed / Double(fresh) * Double(total - done))) left" : ""
    let text = "\(heading)  \(done)/\(total)  \(detail)\(left)"
    line.isTerminal ? line.show(text) : Console.line(text)
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {
    line.clear()
    Console.line("\(heading)  \(Self.clock(seconds))  \(summary)")
  }

  func note(_ text: String) {
    line.clear()
    Console.line("      \(text)")
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
