import Constitution
import Foundation
import LuaHost

/// Loads a script of the project in a fresh virtual machine.
struct ScriptLoader {
  let root: URL

  /// A loaded file: what it returned, and the machine that owns its functions.
  struct Loaded {
    var vm: LuaVM
    var value: LuaTable
    var path: String
  }

  /// A fresh machine for the project's scripts.
  func machine() throws -> LuaVM {
    let vm = try LuaVM(
      projectRoot: root, limits: Limits(), library: ScriptLibrary.functions(root: root),
      objectTypes: ScriptLibrary.objects, watchdog: .shared)
    // Beside the results, which may be read by a program.
    vm.onPrint = { Console.error(Console.printed($0)) }
    return vm
  }

  /// Loads `file`, which must return a table made by one of `solon.<kind>`, in
  /// `machine` or a fresh one.
  func load(_ file: String, kinds: String..., machine vm: LuaVM? = nil) throws -> Loaded {
    let url = URL(fileURLWithPath: file).standardizedFileURL
    let vm = try vm ?? machine()
    let value = try vm.load(file: url)
    guard let table = value.tableValue, let kind = table.kind, kinds.contains(kind) else {
      let names = kinds.map { "solon.\($0)" }.joined(separator: ", ")
      throw ScriptError(
        message: "expected a file that returns what \(names) makes, got \(value.typeName) — "
          + "end it with `return solon.\(kinds[0]) { … }`", file: file)
    }
    return Loaded(vm: vm, value: table, path: file)
  }
}
