import Foundation
import RunStore
import Stages
import TensorBoard

/// Writes a run's training figures as event files for TensorBoard, tagged
/// `stage/metric`, and passes everything on to another observer.
final class EventObserver: RunObserver {
  private let next: any RunObserver
  private let directory: URL
  private var writer: EventWriter?

  /// `directory` holds one directory for each run.
  init(_ next: any RunObserver, directory: URL) {
    self.next = next
    self.directory = directory
  }

  /// Starts the run's event file, in `<name>-<run id>`.
  func began(_ run: RunRecord) {
    // A name is free text; what is not sure to be fit for a path becomes "_".
    let name = String(
      run.name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) ? $0 : "_" })
    attempt {
      writer = try EventWriter(
        directory: directory.appendingPathComponent("\(name)-\(run.id)", isDirectory: true))
    }
  }

  func stageBegan(_ name: String, index: Int, of count: Int) {
    next.stageBegan(name, index: index, of: count)
  }

  func stageProgressed(done: Int, total: Int, detail: String) {
    next.stageProgressed(done: done, total: total, detail: detail)
  }

  func stageEnded(_ name: String, summary: String, seconds: Double) {
    next.stageEnded(name, summary: summary, seconds: seconds)
  }

  func note(_ text: String) { next.note(text) }

  func metricsRecorded(stage: String, step: Int, metrics: [String: Double]) {
    // Some metrics are named after their stage already.
    let tagged = metrics.map { name, value in
      (name.hasPrefix("\(stage)/") ? name : "\(stage)/\(name)", value)
    }
    attempt {
      try writer?.add(Dictionary(tagged, uniquingKeysWith: { first, _ in first }), step: step)
    }
    next.metricsRecorded(stage: stage, step: step, metrics: metrics)
  }

  /// Event files are a copy of what is on record: a run is not stopped for
  /// them. The first failure is told, and ends the file.
  private func attempt(_ write: () throws -> Void) {
    do {
      try write()
    } catch {
      writer = nil
      next.note("no more events for TensorBoard: \(error)")
    }
  }
}
