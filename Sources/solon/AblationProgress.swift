import Constitution
import Foundation
import Report
import Stages

/// Prints an ablation for people: its plan, then a line for each run.
final class AblationProgress: RunObserver {
  private let say: (String) -> Void
  private let line = ProgressLine()
  private var heading = ""
  private var stage = ""
  private var start = ContinuousClock.now
  private var lastShown = ContinuousClock.now
  private var isOpen = false
  private var notes = 0

  init(_ say: @escaping (String) -> Void) { self.say = say }

  /// The plan as a table.
  static func text(_ plan: Stages.Ablate.AblationPlan, of ablation: Ablation, width: Int) -> String
  {
    var table = TextTable([
      .init("arm", .left), .init("seed"), .init("run", .left), .init("calls on record"),
      .init("to make"), .init("to train"), .init("about"),
    ])
    for row in plan.rows {
      let known = row.run != nil
      table.append([
        row.arm, "\(row.seed)", row.run.map { "\($0) on record" } ?? "to do",
        known ? "" : "\(row.callsReused)", known ? "" : "\(row.callsToCompute)",
        known ? "" : "\(row.trainings)", known ? "" : ConsoleObserver.clock(row.seconds),
      ])
    }
    let toDo = plan.rows.count { $0.run == nil }
    return "ablation '\(TerminalText.escaped(ablation.name))': \(ablation.arms.count) arms, "
      + "\(ablation.seeds.count) seeds, \(plan.rows.count) runs\n\n" + table.text(width: width)
      + "\(toDo) runs to do, at most about \(ConsoleObserver.clock(plan.seconds)) on this machine\n"
  }

  func began(_ arm: String, _ seed: UInt64, _ index: Int, _ count: Int, _ known: String?) {
    end()
    heading = "[\(index)/\(count)] \(TerminalText.escaped(arm)), seed \(seed)"
    start = .now
    lastShown = .now
    notes = 0
    if let known {
      say("\(heading)  run \(known), on record")
    } else {
      isOpen = true
    }
  }

  /// Ends the line of the run that is under way.
  func end() {
    guard isOpen else { return }
    isOpen = false
    line.clear()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    say(
      "\(heading)  \(ConsoleObserver.clock(seconds))"
        + (notes > 0 ? "  (\(notes) notes: solon show)" : ""))
  }

  func stageBegan(_ name: String, index: Int, of count: Int) {
    stage = "\(name) (\(index) of \(count))"
    show("\(heading)  \(stage) …")
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    show("\(heading)  \(stage)  \(done)/\(total)  \(detail)")
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {}

  func note(_ text: String) { notes += 1 }

  private func show(_ text: String) {
    let now = ContinuousClock.now
    guard now - lastShown > (line.isTerminal ? .milliseconds(200) : .seconds(30)) else {
      return
    }
    lastShown = now
    line.isTerminal ? line.show(text) : Console.error(text)
  }
}
