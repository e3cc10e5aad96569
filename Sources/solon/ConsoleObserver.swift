import Foundation
import Stages

/// Prints a run for people: one line a stage, rewritten in place on a terminal
/// while it works, with rate and time left.
final class ConsoleObserver: RunObserver {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var began = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var name = ""
  private var heading = ""
  private var firstDone: Int?

  func stageBegan(_ name: String, index: Int, of count: Int) {
    self.name = name
    heading = "[\(index)/\(count)] \(name)"
    began = .now
    lastShown = .now
    firstDone = nil
    show("\(heading) …")
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    if firstDone == nil { firstDone = 0 }
    let now = ContinuousClock.now
    let interval: Duration = isTerminal ? .milliseconds(200) : .seconds(15)
    guard now - lastShown > interval else { return }
    lastShown = now
    let elapsed = (now - began) / .seconds(1)
    let left = done > 0 ? elapsed / Double(done) * Double(total - done) : 0
    let text = "\(heading)  \(done)/\(total)  \(detail)  \(clock(left)) left"
    isTerminal ? show(text) : Console.line(text)
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {
    clear()
    Console.line("\(heading)  \(clock(seconds))  \(summary)")
  }

  func note(_ text: String) {
    clear()
    Console.line("      \(text)")
  }

  private func show(_ line: String) {
    guard isTerminal else { return }
    let width = Int(ProcessInfo.processInfo.environment["COLUMNS"] ?? "") ?? 100
    FileHandle.standardError.write(Data("\r\u{1b}[K\(line.prefix(width - 1))".utf8))
  }

  private func clear() {
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
  }

  private func clock(_ seconds: Double) -> String {
    if seconds < 60 { return String(format: "%.1fs", seconds) }
    let whole = Int(seconds.rounded())
    return whole < 3600
      ? String(format: "%dm%02ds", whole / 60, whole % 60)
      : String(format: "%dh%02dm", whole / 3600, whole % 3600 / 60)
  }
}
