import Foundation
import LuaHost
import Testing

/// A project directory that exists as long as the value.
final class Project {
  let root: URL

  init(_ files: [String: String] = [:]) throws {
    root = FileManager.default.temporaryDirectory
      .appendingPathComponent("luahost-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: root, withIntermediateDirectories: true)
    for (path, text) in files { try write(path, text) }
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func write(_ path: String, _ text: String) throws {
    let url = root.appendingPathComponent(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func machine(
    limits: Limits = Limits(), library: [FunctionSpec] = [],
    objectTypes: [ObjectSpec] = [], watchdog: Watchdog? = nil
  ) throws -> LuaVM {
    try LuaVM(
      projectRoot: root, limits: limits, library: library,
      objectTypes: objectTypes, watchdog: watchdog)
  }

  /// Runs `text` as the file `main.lua` of the project.
  func run(_ machine: LuaVM, _ text: String) throws -> LuaValue {
    try write("main.lua", text)
    return try machine.load(file: root.appendingPathComponent("main.lua"))
  }
}

/// Runs one file in a machine of its own.
func run(
  _ text: String, limits: Limits = Limits(), library: [FunctionSpec] = []
) throws -> LuaValue {
  let project = try Project()
  return try project.run(
    try project.machine(limits: limits, library: library), text)
}

/// The error of a file that must fail.
func failure(
  _ text: String, limits: Limits = Limits(), library: [FunctionSpec] = [],
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws -> ScriptError {
  let error = #expect(
    throws: ScriptError.self, sourceLocation: sourceLocation
  ) {
    _ = try run(text, limits: limits, library: library)
  }
  return try #require(error, sourceLocation: sourceLocation)
}

/// A constructor that tags its table after checking it.
func constructor(_ kind: String, _ schema: Schema) -> FunctionSpec {
  FunctionSpec(
    name: "solon.\(kind)",
    parameters: [Parameter("definition", .record(schema), "The \(kind).")],
    result: ResultSpec("solon.\(kind)")
  ) { context in
    .table(context.table(0).tagged(kind, at: context.location))
  }
}
