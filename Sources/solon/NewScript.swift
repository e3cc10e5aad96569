import Foundation
import LuaHost

/// A script that is about to be written into the project: complete and loadable
/// under its name, or not there.
struct NewScript {
  private let url: URL

  /// Throws when the place is not one where a script could be written and loaded,
  /// or is taken and not to be replaced.
  init(at url: URL, project root: URL, replacing: Bool) throws {
    self.url = url
    guard let folder = realPath(url.deletingLastPathComponent().path) else {
      throw NewScriptError(
        "\(url.path): there is no directory \(url.deletingLastPathComponent().path) — make it first"
      )
    }
    let project = realPath(root.path)
    guard let project, project == "/" || (folder + "/").hasPrefix(project + "/") else {
      throw NewScriptError(
        "\(url.path): lies outside the project \(root.path), where no script is loaded from — "
          + "write into the project, or name another with --project")
    }
    // Asked of the entry itself, so that a link that leads nowhere counts.
    let entry = try? FileManager.default.attributesOfItem(atPath: url.path)
    if entry?[.type] as? FileAttributeType == .typeDirectory {
      throw NewScriptError("\(url.path): is a directory — name a file")
    }
    if entry != nil, !replacing {
      throw NewScriptError(
        "\(url.path): is there already — choose another name, or replace it with --force")
    }
  }

  /// Writes `text` beside the place, lets `check` load it from there, and renames
  /// it. When anything fails, the place is as before.
  func write<Result>(_ text: String, check: (URL) throws -> Result) throws -> Result {
    let temporary = url.deletingLastPathComponent().appendingPathComponent(
      ".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial")
    defer { unlink(temporary.path) }
    do {
      try Data(text.utf8).write(to: temporary)
    } catch {
      throw NewScriptError("\(url.path): cannot be written: \(error.localizedDescription)")
    }
    let result: Result
    do {
      result = try check(temporary)
    } catch let error as ScriptError {
      throw NewScriptError(
        "\(url.path): the script would not load, so it was not written: \(error.message)")
    }
    guard rename(temporary.path, url.path) == 0 else {
      throw NewScriptError("\(url.path): cannot be written: \(String(cString: strerror(errno)))")
    }
    return result
  }
}

struct NewScriptError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
