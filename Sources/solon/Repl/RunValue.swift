import LuaHost
import RunStore

extension ReplSession {
  /// Opens a run of the record: its value becomes the global `run`.
  func open(
    _ run: RunRecord, of store: RunStore, as value: (RunRecord, RunStore) throws -> LuaValue
  ) throws {
    try vm.define("run", try value(run, store))
    output.values("\(output.style.bold("run")) is \(run.id), '\(run.name)'")
  }

  /// What the record says of a run as a whole.
  static func facts(_ run: RunRecord, _: RunStore) -> LuaValue {
    var table = LuaTable()
    table["id"] = .string(run.id)
    table["name"] = .string(run.name)
    table["seed"] = .integer(run.seed)
    table["status"] = .string(run.status.rawValue)
    table["command"] = .string(run.command)
    table["constitution"] = [
      "name": .string(run.constitutionName),
      "version": .integer(Int64(run.constitutionVersion)),
      "hash": .string(run.constitutionHash),
    ]
    if let limit = run.limit { table["limit"] = .integer(Int64(limit)) }
    if let reason = run.outcome.reason { table["reason"] = .string(reason) }
    if let seconds = run.outcome.seconds { table["seconds"] = .number(seconds) }
    return .table(table.tagged("run", at: nil))
  }
}
