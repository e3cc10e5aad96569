import Constitution
import Inference
public import LuaHost
public import RunStore

extension Pipeline {
  /// Runs the whole method as a run on record.
  ///
  /// The constitution's functions are checked first. From then on the run is on
  /// record, and finished there with its outcome, or with why it ended.
  ///
  /// - Parameters:
  ///   - description: of the run; see `RunRecord.init`.
  ///   - scripts: every text that was loaded; of a path that was read again, the
  ///     newest counts.
  ///   - began: told of the run once it is on record.
  /// - Returns: the finished run.
  @discardableResult
  public func run(
    as description: RunRecord, scripts: [ScriptText], began: (RunRecord) -> Void = { _ in }
  ) throws -> RunRecord {
    try record(description, scripts, began) { try run($0) }
  }

  /// The same for a slice; its name says that it is one.
  @discardableResult
  public func slice(
    as description: RunRecord, scripts: [ScriptText], began: (RunRecord) -> Void = { _ in }
  ) throws -> RunRecord {
    var description = description
    description.name += RunRecord.sliceSuffix
    return try record(description, scripts, began) { try slice($0) }
  }

  private func record(
    _ description: RunRecord, _ scripts: [ScriptText], _ began: (RunRecord) -> Void,
    _ body: (RunRecord) throws -> RunOutcome
  ) throws -> RunRecord {
    try CallbackCheck.requireSound(experiment, hooks: hooks)
    let record = try store.begin(
      description,
      scripts: scripts.map { ScriptRecord(path: $0.path, sha256: $0.sha256, text: $0.text) })
    began(record)
    do {
      return try store.finish(record, status: .finished, outcome: body(record))
    } catch {
      _ = try? store.finish(
        record, status: error is Cancelled ? .stopped : .failed,
        outcome: RunOutcome(reason: String(describing: error)))
      throw error
    }
  }
}
