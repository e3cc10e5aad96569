import Foundation
import LuaHost

/// A file that `:load` was given, and what it last returned.
struct LoadedFile {
  let url: URL
  /// The global that holds the value; nil until a load has worked.
  var global: String?
  var value: LuaValue?
}

extension ReplSession {
  /// Runs a file and keeps its value in a global named after what it is.
  func load(_ path: String) throws {
    let url = URL(fileURLWithPath: (path as NSString).expandingTildeInPath).standardizedFileURL
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw ReplError(
        "there is no file '\(path)' in \(FileManager.default.currentDirectoryPath)")
    }
    // A file that fails stays in the list: `:reload` tries it again.
    if !files.contains(where: { $0.url == url }) { files.append(LoadedFile(url: url)) }
    let index = files.firstIndex { $0.url == url }!
    output.values(try bind(try vm.load(file: url), of: index))
  }

  /// Defines the global; returns the line that says so.
  private func bind(_ value: LuaValue, of index: Int) throws -> String {
    let global = globalName(for: value, of: files[index].url)
    try vm.define(global, value)
    files[index].global = global
    files[index].value = value
    return "\(output.style.bold(global)) = \(printer.text(value, after: global.count + 3))"
  }

  /// The kind of what a constructor made, else the file's name where that can
  /// be a global and is none of Lua's.
  private func globalName(for value: LuaValue, of url: URL) -> String {
    if let kind = value.tableValue?.kind { return kind }
    let stem = url.deletingPathExtension().lastPathComponent
    let isTaken = libraryNames.contains(stem)
    return PrettyPrinter.isName(stem) && !isTaken ? stem : "loaded"
  }

  private var libraryNames: [String] { vm.names(at: [.field("_G")]) }

  /// Runs the loaded files again, with every module read anew, and says what is
  /// different. A file that fails leaves its global as it was.
  func reload() throws {
    guard !files.isEmpty else {
      throw ReplError("nothing has been loaded: begin with \(ReplCommand.load.usage)")
    }
    vm.forgetModules()
    let known = vm.loadedScripts.count
    var lines: [String] = []
    var errors: [any Error] = []
    for index in files.indices {
      do {
        let old = files[index].value
        let new = try vm.load(file: files[index].url)
        let line = try bind(new, of: index)
        lines += old.map { changes(from: $0, to: new, name: files[index].global!) } ?? [line]
      } catch {
        errors.append(error)
        if let global = files[index].global { lines.append("\(global) stays as it was") }
      }
    }
    var edited: [String] = []
    for script in vm.loadedScripts[known...] where !edited.contains(script.path) {
      edited.append(script.path)
    }
    output.values(
      edited.isEmpty
        ? "no script has changed"
        : "changed: " + edited.map(output.style.bold).joined(separator: ", "))
    for error in errors { report(error) }
    for line in lines { output.values(line) }
  }

  private func changes(from old: LuaValue, to new: LuaValue, name: String) -> [String] {
    let difference = ValueDifference(from: old, to: new, path: name) { [vm] a, b in
      // A function that has no fingerprint counts as another one.
      guard let a = try? vm.fingerprint(of: a), let b = try? vm.fingerprint(of: b) else {
        return false
      }
      return a == b
    }
    guard !difference.changes.isEmpty else { return ["\(name) is the same as before"] }
    return difference.lines(width: output.width())
  }
}
