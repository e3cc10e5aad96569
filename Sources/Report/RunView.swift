internal import Foundation
internal import RunStore

/// What the store holds of one run, arranged for reports.
struct RunView {
  /// One measured value.
  typealias Measure = EvaluationRecord

  let run: RunRecord
  let stages: [StageRecord]
  let artifacts: [RunArtifactRecord]
  /// Systems, in the order in which they were stored.
  let systems: [String]
  /// Metrics: the usual ones first, then others as stored.
  let metrics: [String]
  private let evaluations: [EvaluationRecord]

  /// Metrics that reports show first, in this order.
  static let usualMetrics = ["harmfulness", "evasive", "helpfulness", "boilerplate"]

  init(_ store: RunStore, _ run: RunRecord) throws(StoreError) {
    self.run = run
    stages = try store.stages(of: run.id)
    artifacts = try store.artifacts(of: run.id)
    evaluations = try store.evaluations(of: run.id)
    systems = unique(evaluations.map(\.system))
    let found = unique(evaluations.map(\.metric))
    metrics =
      RunView.usualMetrics.filter(found.contains)
      + found.filter { !RunView.usualMetrics.contains($0) }
  }

  func measure(_ system: String, _ metric: String, category: String? = nil) -> Measure? {
    evaluations.first {
      $0.system == system && $0.metric == metric && $0.category == category
    }
  }

  /// The categories that a metric was measured for, in alphabetical order.
  func categories(_ metric: String, system: String? = nil) -> [String] {
    let rows = evaluations.filter {
      $0.metric == metric && (system == nil || $0.system == system)
    }
    return unique(rows.compactMap(\.category)).sorted()
  }

  /// Wall-clock seconds: of the run where it ended, else of its stages.
  var seconds: Double {
    run.outcome.seconds ?? stages.map(\.seconds).reduce(0, +)
  }

  var luaSeconds: Double {
    run.outcome.luaSeconds ?? stages.map(\.luaSeconds).reduce(0, +)
  }

  /// Share of the time spent in Lua callbacks, in [0, 1].
  var luaShare: Double { seconds > 0 ? luaSeconds / seconds : 0 }
}

/// The elements without repetitions, in the order of their first occurrence.
func unique(_ texts: [String]) -> [String] {
  var seen: Set<String> = []
  return texts.filter { seen.insert($0).inserted }
}
