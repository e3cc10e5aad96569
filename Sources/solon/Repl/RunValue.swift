import LuaHost
import RunStore

extension ReplSession {
  /// Opens a run of the record: `value` becomes the global `run`.
  func define(_ run: RunRecord, as value: LuaValue) throws {
    try vm.define("run", value)
    output.values("\(output.style.bold("run")) is \(run.id), '\(run.name)'")
  }
}
