import Crypto
import Foundation
public import LuaHost

extension Experiment {
  /// SHA-256, 64 hexadecimal digits, of all that the experiment says but its name:
  /// equal only when a run would compute the same. Functions count by what they
  /// compute, not by where they stand.
  ///
  /// Take it before the first call of any function: one that keeps a table of what
  /// it saw looks like another function later.
  ///
  /// - Parameter functions: what is known of functions, and learned: taking one
  ///   reads all that it refers to.
  public func fingerprint(
    vm: LuaVM, functions: inout [LuaFunction: String]
  ) throws(ScriptError) -> String {
    var table = resolved
    table["name"] = .nil
    var hasher = SHA256()
    func add(_ text: String) { hasher.update(data: Data("\(text.utf8.count):\(text)".utf8)) }
    func add(_ value: LuaValue) throws(ScriptError) {
      switch value {
      case .nil: add("nil")
      case .boolean(let value): add("boolean \(value)")
      case .integer(let value): add("number \(value)")
      // 4e2 and 400 are the same setting.
      case .number(let value):
        add("number \(Int64(exactly: value).map(String.init) ?? String(value))")
      case .string(let text): add("string \(text)")
      case .object(let object): add("object \(object.typeName)")
      case .function(let function):
        if functions[function] == nil { functions[function] = try vm.fingerprint(of: function) }
        add("function \(functions[function]!)")
      case .table(let table):
        add("table \(table.array.count) \(table.fields.count)")
        for element in table.array { try add(element) }
        for (name, field) in table.fields.sorted(by: { $0.key < $1.key }) {
          add(name)
          try add(field)
        }
      }
    }
    try add(.table(table))
    return hasher.finalize().map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }
}
