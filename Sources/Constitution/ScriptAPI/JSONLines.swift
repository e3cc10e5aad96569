import Foundation
import LuaHost

extension ScriptLibrary {
  static func jsonl(root: URL) -> FunctionSpec {
    FunctionSpec(
      name: "solon.jsonl",
      parameters: [
        Parameter(
          "path", .nonEmptyString, "a file below the project's root, one JSON object a line"),
        Parameter("limit", .integer(1...100_000_000), "read only the first rows", optional: true),
      ],
      result: ResultSpec("table[]", "one table for each row, each with id and text"),
      since: 1,
      example: "local rows = solon.jsonl(\"examples/data/prompts.jsonl\", 10)",
      summary:
        "Reads prompts. Each row needs a `text` (or `prompt`); a missing `id` becomes path:row."
    ) { context throws(ScriptError) in
      try JSONLines(
        path: context.arguments[0].stringValue!, root: root, location: context.location,
        charge: context.charge
      ).read(limit: context.arguments[1].integerValue.map { Int($0) })
    }
  }
}

/// A file of JSON objects, one a line.
struct JSONLines {
  /// Largest file read, bytes.
  static let byteLimit = 256 << 20

  let path: String
  let root: URL
  let location: SourceLocation?
  /// Takes the cost of reading, in instructions.
  let charge: (Int) -> Void

  func read(limit: Int?) throws(ScriptError) -> LuaValue {
    charge(10_000)
    let url = URL(fileURLWithPath: path, relativeTo: root).standardizedFileURL
    let resolved = url.resolvingSymlinksInPath()
    guard resolved.path.hasPrefix(root.resolvingSymlinksInPath().path + "/") else {
      throw failure("\(path): lies outside the project, at \(resolved.path); copy it in")
    }
    // Looked at before it is opened: reading a pipe or a device would not end.
    let values = try? resolved.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
    guard let values, let size = values.fileSize else {
      throw failure("\(path): cannot be read; the path is taken from \(root.path)")
    }
    guard values.isRegularFile == true else {
      throw failure("\(path): is not an ordinary file")
    }
    guard size <= Self.byteLimit else {
      throw failure("\(path): \(size) bytes, more than \(Self.byteLimit); split it")
    }
    guard let data = try? Data(contentsOf: resolved, options: .mappedIfSafe) else {
      throw failure("\(path): cannot be read; the path is taken from \(root.path)")
    }
    charge(data.count / 4)
    if data.starts(with: Data("version https://git-lfs".utf8)) {
      throw failure("\(path): is a git-lfs pointer, not the data; run `git lfs pull`")
    }
    var rows: [LuaValue] = []
    var number = 0
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if let limit, rows.count == limit { break }
      if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
      rows.append(.table(try row(line, number)))
    }
    if rows.isEmpty { throw failure("\(path): holds no rows") }
    return .table(LuaTable(array: rows))
  }

  private func row(_ line: Data, _ number: Int) throws(ScriptError) -> LuaTable {
    guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
      throw failure("\(path):\(number): is not a JSON object")
    }
    var row = LuaTable()
    for name in object.keys.sorted() {
      row[name] = try value(object[name]!, "\(path):\(number): \(name)", depth: 0)
    }
    if row["text"].isNil { row["text"] = row["prompt"] }
    guard let text = row["text"].stringValue, !text.isEmpty else {
      throw failure(
        "\(path):\(number): has no prompt: give `text` (or `prompt`), a non-empty string")
    }
    if row["id"].isNil { row["id"] = .string("\(path):\(number)") }
    return row
  }

  private func value(_ any: Any, _ path: String, depth: Int) throws(ScriptError) -> LuaValue {
    guard depth < 12 else { throw failure("\(path): is nested more than 12 deep") }
    switch any {
    case is NSNull: return .nil
    case let text as String: return .string(text)
    case let number as NSNumber:
      // NSNumber holds JSON's booleans too, told apart by their C type.
      if String(cString: number.objCType) == "c" { return .boolean(number.boolValue) }
      if let integer = Int64(exactly: number.doubleValue),
        number.stringValue.allSatisfy({ $0.isNumber || $0 == "-" })
      {
        return .integer(integer)
      }
      return .number(number.doubleValue)
    case let list as [Any]:
      var table = LuaTable()
      for (index, element) in list.enumerated() {
        table.array.append(try value(element, "\(path)[\(index + 1)]", depth: depth + 1))
      }
      return .table(table)
    case let object as [String: Any]:
      var table = LuaTable()
      for name in object.keys.sorted() {
        table[name] = try value(object[name]!, "\(path).\(name)", depth: depth + 1)
      }
      return .table(table)
    default: throw failure("\(path): a kind of value that is not JSON")
    }
  }

  private func failure(_ message: String) -> ScriptError {
    ScriptError("solon.jsonl: \(message)", at: location, reason: .file)
  }
}
