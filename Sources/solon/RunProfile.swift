import Foundation
import Kernels
import Report
import Stages

/// Watches a run for where its time goes, and passes everything on to another
/// observer.
final class RunProfile: RunObserver {
  private struct Stage {
    var name: String
    var seconds: Double
    var kernels: KernelMeter.Totals
    var luaSeconds: Double
  }

  private let next: any RunObserver
  private let lanes: Int
  private let luaSeconds: () -> Double
  private var stages: [Stage] = []
  private var before: (kernels: KernelMeter.Totals, luaSeconds: Double) = ([:], 0)

  /// Starts the kernels' clocks. `luaSeconds`: spent in scripts so far.
  init(_ next: any RunObserver, lanes: Int, luaSeconds: @escaping () -> Double) {
    self.next = next
    self.lanes = lanes
    self.luaSeconds = luaSeconds
    KernelMeter.start()
  }

  deinit { _ = KernelMeter.stop() }

  func stageBegan(_ name: String, index: Int, of count: Int) {
    before = (KernelMeter.totals, luaSeconds())
    next.stageBegan(name, index: index, of: count)
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    next.stageProgressed(done: done, total: total, detail: detail)
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {
    stages.append(
      Stage(
        name: name, seconds: seconds,
        kernels: KernelMeter.totals.merging(before.kernels) { $0 - $1 },
        luaSeconds: luaSeconds() - before.luaSeconds))
    next.stageEnded(name, summary: summary, seconds: seconds)
  }

  func note(_ text: String) { next.note(text) }

  func metricsRecorded(stage: String, step: Int, metrics: [String: Double]) {
    next.metricsRecorded(stage: stage, step: step, metrics: metrics)
  }

  /// A table: seconds by stage, and shares of them by kernel, of Lua, and of what
  /// is left: sampling, the record, waiting.
  var text: String {
    let kernels = KernelMeter.Kernel.allCases.filter { kernel in
      stages.contains { $0.kernels[kernel, default: 0] > 0 }
    }
    let whole = Stage(
      name: "all", seconds: stages.reduce(0) { $0 + $1.seconds },
      kernels: stages.reduce(into: [:]) { $0.merge($1.kernels, uniquingKeysWith: +) },
      luaSeconds: stages.reduce(0) { $0 + $1.luaSeconds })
    var table = TextTable(
      [.init("stage", .left), .init("seconds")]
        + (kernels.map(\.rawValue) + ["lua", "other"]).map { .init($0) })
    for stage in stages + [whole] {
      // Kernels add up over lanes; scripts run on one thread.
      let shares = kernels.map { stage.kernels[$0, default: 0] / Double(lanes) / stage.seconds }
      let lua = stage.luaSeconds / stage.seconds
      let other = 1 - shares.reduce(0, +) - lua
      table.append(
        [stage.name, String(format: "%.1f", stage.seconds)]
          + (shares + [lua, other]).map { String(format: "%.0f %%", 100 * $0) })
    }
    return table.text(width: .max)
  }
}
