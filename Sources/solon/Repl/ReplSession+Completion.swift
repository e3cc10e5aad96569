import Foundation
import LuaHost

extension ReplSession {
  /// What can stand where the line ends, as whole last words.
  enum Completions: Equatable {
    case words([String])
    /// The names of files, which the line editor knows how to complete.
    case files
  }

  func completions(of line: String) -> Completions {
    switch CompletionRequest(line) {
    case .nothing: return .words([])
    case .file: return .files
    case .command(let prefix):
      return .words(matching(prefix, ReplCommand.allCases.map(\.rawValue)))
    case .module(let prefix): return .words(modules(prefix))
    case .name(let path, let prefix, let isTopic):
      var names = vm.names(at: path).filter(PrettyPrinter.isName)
      if path.isEmpty {
        names += isTopic ? library.objects.map(\.name) : PrettyPrinter.keywords.sorted()
      } else if isTopic, case .field(let object)? = path.last, path.count == 1 {
        names += library.objects.first { $0.name == object }?.methods.map(\.name) ?? []
      }
      let words = matching(prefix, names)
      guard words.count == 1, isNamespace(path + [.field(words[0])]) else { return .words(words) }
      return .words([words[0] + "."])
    }
  }

  /// Whether the path leads to a table of the library, which is only good for
  /// going on with one of its names.
  private func isNamespace(_ path: [FieldStep]) -> Bool {
    let outline = vm.outline(at: [.field("_G")] + path)
    return outline?.typeName == "table" && outline?.names.isEmpty == false
  }

  private func matching(_ prefix: String, _ names: [String]) -> [String] {
    Array(Set(names.filter { $0.hasPrefix(prefix) })).sorted()
  }

  /// The files and directories that `require` could go on with, last part
  /// only.
  private func modules(_ prefix: String) -> [String] {
    var parts = prefix.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let last = parts.popLast() ?? ""
    let directory = parts.reduce(vm.projectRoot) { $0.appendingPathComponent($1) }
    let entries =
      (try? FileManager.default.contentsOfDirectory(
        at: directory, includingPropertiesForKeys: [.isDirectoryKey],
        options: [.skipsHiddenFiles])) ?? []
    return matching(
      last,
      entries.compactMap { entry in
        let name = entry.lastPathComponent
        if name.hasSuffix(".lua") { return String(name.dropLast(4)) }
        let isDirectory = (try? entry.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory
        return isDirectory == true && !name.contains(".") ? name + "." : nil
      })
  }
}
