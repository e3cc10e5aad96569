public import LuaHost

/// Runs the tests that a `*_test.lua` file returns.
public struct ScriptTests {
  /// One test's end.
  public struct Outcome: Sendable {
    public var name: String
    /// Nil when it passed.
    public var error: ScriptError?
  }

  private let vm: LuaVM
  private let tests: [(name: String, body: LuaFunction)]

  /// Takes what the file at `path` returned: a non-empty list of tests.
  public init(_ value: LuaValue, path: String, vm: LuaVM) throws(ScriptError) {
    func failure(_ message: String) -> ScriptError {
      ScriptError(message: message, file: path, reason: .schema)
    }
    guard let list = value.tableValue, list.kind == nil, list.fields.isEmpty, !list.array.isEmpty
    else {
      throw failure(
        "expected a list of tests, got \(value.typeName) — end the file with "
          + "`return { solon.test(\"…\", function(t) … end), … }`")
    }
    self.vm = vm
    var tests: [(name: String, body: LuaFunction)] = []
    for (index, element) in list.array.enumerated() {
      guard let test = element.tableValue, test.kind == "test",
        let body = test.optionalFunction("body")
      else {
        throw failure(
          "[\(index + 1)]: expected what solon.test makes, got \(element.typeName)")
      }
      tests.append((test.text("name"), body))
    }
    self.tests = tests
  }

  /// Runs every test; a failing one does not stop the others.
  public func run() -> [Outcome] {
    tests.map { name, body in
      do throws(ScriptError) {
        _ = try vm.call(body, [ScriptTest.object()])
        return Outcome(name: name, error: nil)
      } catch {
        return Outcome(name: name, error: error)
      }
    }
  }
}
