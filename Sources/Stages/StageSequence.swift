import Constitution
import Foundation
import RunStore

/// Runs stages one after another: tells the observer, keeps the time, and
/// records what each reused and computed.
final class StageSequence {
  private let context: StageContext
  private let count: Int
  private var position = 0
  /// Seconds over all stages so far.
  private(set) var seconds = 0.0
  /// What each stage of a plan would do.
  private(set) var planned: [(record: StageRecord, work: PlanTally.Work)] = []
  /// The figures of each finished stage, by stage name.
  private(set) var figures: [String: [String: Double]] = [:]

  init(_ context: StageContext, count: Int) {
    self.context = context
    self.count = count
  }

  /// Runs `body` as stage `name`. `engines` are those it may call.
  func stage<Output>(
    _ name: String, _ engines: [MemoisedEngine] = [], _ body: () throws -> Output
  ) throws -> Output {
    // One may play two parts.
    let engines = engines.reduce(into: [MemoisedEngine]()) { known, engine in
      if !known.contains(where: { $0 === engine }) { known.append(engine) }
    }
    position += 1
    context.counter = StageCounter()
    context.observer.stageBegan(name, index: position, of: count)
    let luaBefore = context.hooks.seconds
    let before = engines.reduce((0, 0)) { ($0.0 + $1.reused, $0.1 + $1.computed) }
    let start = ContinuousClock.now
    var record = StageRecord(
      runId: context.run.id, name: name, position: position, status: .running)
    try context.store.save(record)

    func close(_ status: StageStatus) throws {
      record.seconds = (ContinuousClock.now - start) / .seconds(1)
      record.status = status
      record.luaSeconds = context.hooks.seconds - luaBefore
      record.items = context.counter.items
      record.modelCallsReused = engines.reduce(0) { $0 + $1.reused } - before.0
      record.modelCallsComputed = engines.reduce(0) { $0 + $1.computed } - before.1
      let trained = context.counter.figures["trained"]
      record.reused = record.modelCallsReused + (trained == 0 ? 1 : 0)
      record.computed = record.modelCallsComputed + (trained == 1 ? 1 : 0)
      record.detail = try detail()
      try context.store.save(record)
    }
    let output: Output
    do {
      output = try body()
    } catch {
      try? close(.failed)
      throw error
    }
    try close(.finished)
    seconds += record.seconds
    if let plan = context.plan { planned.append((record, plan.take())) }
    figures[name] = context.counter.figures
    context.observer.stageEnded(name, summary: summary(record), seconds: record.seconds)
    for (reason, count) in context.counter.setAside {
      context.observer.note("\(count) \(reason)")
    }
    return output
  }

  private func detail() throws -> String {
    try StageDetail(
      setAside: Dictionary(
        context.counter.setAside.map { ($0.reason, $0.count) }, uniquingKeysWith: +),
      figures: context.counter.figures
    ).json()
  }

  private func summary(_ record: StageRecord) -> String {
    var parts = ["\(record.items) items"]
    if record.modelCallsReused + record.modelCallsComputed > 0 {
      parts.append(
        "model calls: \(record.modelCallsReused) reused, \(record.modelCallsComputed) computed")
    }
    if let trained = context.counter.figures["trained"] {
      parts.append(trained == 0 ? "model reused" : "model trained")
    }
    return parts.joined(separator: "; ")
  }
}
