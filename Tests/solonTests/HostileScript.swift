import Foundation
import Testing

/// A file of `Hostile/`: a script, and in its first lines what must become of
/// it.
///
/// ```
/// -- check: error at 3 "text of the message" "another part of it"
/// -- file rows.jsonl: link /etc/passwd
/// ```
/// The first line names the command and the outcome: `fine`, or `error`, with
/// the line of the file that the message names and texts that it holds. Lines
/// that follow may say
/// - `file NAME: RECIPE`: the project has this file too. A recipe is `text` and
///   quoted texts (`"a" * 3 + "b"`), `bytes` in hexadecimal, `zeros` and a
///   number, or `link` and a path.
/// - `disabled: REASON`.
struct HostileScript: Sendable, CustomTestStringConvertible {
  enum Command: String { case check, run }

  enum Outcome {
    case fine
    case error(line: Int?, texts: [String])
  }

  enum Content {
    case data(Data)
    case zeros(Int)
    case link(String)
  }

  let name: String
  let text: String
  let command: Command
  let outcome: Outcome
  private(set) var files: [(name: String, content: Content)] = []
  private(set) var disabled: String?

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Hostile", isDirectory: true)

  /// All files, in order of their names.
  static func all() throws -> [HostileScript] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      try HostileScript(folder.appendingPathComponent($0))
    }
  }

  /// The row of the list of attacks that the file's name starts with.
  var row: Int { Int(name.prefix { $0.isNumber }) ?? 0 }

  var testDescription: String { name }

  init(_ url: URL) throws {
    name = url.lastPathComponent
    text = try String(contentsOf: url, encoding: .utf8)
    var lines = text.split(separator: "\n").prefix { $0.hasPrefix("-- ") }.map { $0.dropFirst(3) }
    guard !lines.isEmpty,
      let first = lines.removeFirst().wholeMatch(
        of: /(check|run): (fine|error)(?: at (\d+))?((?: ".*?")*)/)
    else { throw HostileScriptError("\(name): the first line states no outcome") }
    command = Command(rawValue: String(first.1))!
    outcome =
      first.2 == "fine"
      ? .fine
      : .error(
        line: first.3.flatMap { Int($0) },
        texts: first.4.matches(of: /"(.*?)"/).map { String($0.1) })
    for line in lines {
      if let file = line.wholeMatch(of: /file (\S+): (\w+) (.*)/) {
        files.append((String(file.1), try Self.content(file.2, String(file.3), name)))
      } else if let reason = line.wholeMatch(of: /disabled: (.*)/) {
        disabled = String(reason.1)
      }
    }
  }

  private static func content(
    _ kind: Substring, _ recipe: String, _ name: String
  ) throws -> Content {
    switch kind {
    case "text":
      let pieces = recipe.matches(of: /"(.*?)"(?: \* (\d+))?/)
      return .data(
        Data(
          pieces.map {
            String(repeating: String($0.1), count: $0.2.flatMap { Int($0) } ?? 1)
          }.joined().utf8))
    case "bytes":
      return .data(Data(recipe.split(separator: " ").compactMap { UInt8($0, radix: 16) }))
    case "zeros":
      return .zeros(Int(recipe) ?? 0)
    case "link":
      return .link(recipe)
    default:
      throw HostileScriptError("\(name): '\(kind)' is no kind of recipe")
    }
  }

  /// Writes the script, and the files it asks for, into a project.
  func install(in root: URL) throws {
    try Data(text.utf8).write(to: root.appendingPathComponent(name))
    for (name, content) in files {
      let url = root.appendingPathComponent(name)
      switch content {
      case .data(let data): try data.write(to: url)
      case .link(let path):
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: path)
      case .zeros(let count):
        // Sparse: takes no room on the disk.
        try Data().write(to: url)
        let handle = try FileHandle(forWritingTo: url)
        try handle.truncate(atOffset: UInt64(count))
        try handle.close()
      }
    }
  }
}

struct HostileScriptError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
