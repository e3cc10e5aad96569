public import Foundation

extension LuaVM {
  /// The file a script means by `path`: relative to the project root, symbolic
  /// links resolved, an ordinary file inside the project.
  ///
  /// - Parameter purpose: the start of messages, such as `solon.jsonl`.
  public func projectFile(
    _ path: String, purpose: String
  ) throws(ScriptError) -> URL {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw ScriptError(
        message: "\(purpose): the path is empty or holds a NUL byte",
        reason: .file)
    }
    let shown = escapingControls(in: path)
    let full = path.hasPrefix("/") ? path : projectRoot.path + "/" + path
    guard let real = realPath(full) else {
      throw ScriptError(
        message: "\(purpose): no file '\(shown)' in the project "
          + projectRoot.path, reason: .file)
    }
    guard relativePath(real) != nil || real == projectRoot.path else {
      let elsewhere = real == full ? "lies" : "is \(escapingControls(in: real)),"
      throw ScriptError(
        message: "\(purpose): '\(shown)' \(elsewhere) outside the project "
          + projectRoot.path, reason: .file)
    }
    return URL(fileURLWithPath: real)
  }

  /// Reads a text file of the project and keeps the snapshot in
  /// `loadedScripts`.
  ///
  /// - Throws: as `projectFile`, and when the file is no ordinary file, is over
  ///   `maximumBytes`, or is not UTF-8.
  public func readText(
    _ path: String, purpose: String, maximumBytes: Int = 256 << 20
  ) throws(ScriptError) -> ScriptText {
    let file = try contents(of: path, purpose: purpose, maximumBytes: maximumBytes)
    return try keep(file.data, of: file.path, purpose: purpose)
  }

  /// Reads a file that will be compiled.
  func readScript(
    _ path: String, purpose: String
  ) throws(ScriptError) -> ScriptText {
    let file = try contents(of: path, purpose: purpose, maximumBytes: limits.scriptBytes)
    guard file.data.first != 0x1B else {
      throw ScriptError(
        message: "\(purpose): '\(file.path)' is compiled Lua; only text is accepted",
        reason: .file)
    }
    return try keep(
      withoutByteOrderMark(file.data), of: file.path, purpose: purpose)
  }

  /// The bytes of a file of the project, and its path below the root.
  private func contents(
    of path: String, purpose: String, maximumBytes: Int
  ) throws(ScriptError) -> (data: Data, path: String) {
    let url = try projectFile(path, purpose: purpose)
    let shown = relativePath(url.path) ?? url.path
    do {
      // Before it is opened, which waits on a pipe.
      let values = try url.resourceValues(
        forKeys: [.isRegularFileKey, .fileSizeKey])
      guard values.isRegularFile == true else {
        throw ScriptError(
          message: "\(purpose): '\(shown)' is not an ordinary file",
          reason: .file)
      }
      let size = values.fileSize ?? 0
      guard size <= maximumBytes else {
        throw ScriptError(
          message: "\(purpose): '\(shown)' has \(size) bytes; the limit is "
            + "\(maximumBytes)", reason: .file)
      }
      return (try Data(contentsOf: url), shown)
    } catch let error as ScriptError {
      throw error
    } catch {
      throw ScriptError(
        message: "\(purpose): cannot read '\(shown)': "
          + error.localizedDescription, reason: .file)
    }
  }

  private func keep(
    _ data: Data, of path: String, purpose: String
  ) throws(ScriptError) -> ScriptText {
    guard let text = String(validating: data, as: UTF8.self) else {
      let offset = firstInvalidByte(data)
      let line = 1 + data.prefix(offset).count { $0 == UInt8(ascii: "\n") }
      throw ScriptError(
        message: "\(purpose): '\(path)' is not UTF-8: invalid byte at offset \(offset), "
          + "in line \(line) — save it as UTF-8", reason: .file)
    }
    if let known = scriptsByPath[path], known.text == text { return known }
    let script = ScriptText(path: path, text: text)
    remember(script)
    loadedScripts.append(script)
    return script
  }

  /// The file of a module name such as `constitutions.harmless`.
  func module(named name: String) throws(ScriptError) -> ScriptText {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty
        && part.utf8.allSatisfy {
          (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
    guard isName else {
      throw ScriptError(
        message: "require: '\(escapingControls(in: String(name.prefix(200))))' "
          + "is not a module name; write dotted names such as "
          + "'constitutions.harmless'", reason: .file)
    }
    let script = try readScript(
      parts.joined(separator: "/") + ".lua", purpose: "require")
    if let start = loading.firstIndex(of: script.path) {
      let cycle = (loading[start...] + [script.path]).joined(separator: " -> ")
      throw ScriptError(
        message: "require: files require each other: \(cycle)", reason: .file)
    }
    return script
  }

  /// `path` below the project root, nil when it lies outside.
  private func relativePath(_ path: String) -> String? {
    let root = projectRoot.path == "/" ? "/" : projectRoot.path + "/"
    guard path.hasPrefix(root) else { return nil }
    return String(path.dropFirst(root.count))
  }
}

/// The path with symbolic links resolved, nil when nothing is there.
public func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}

/// What some editors write before a text is no part of a script, as for `lua`.
public func withoutByteOrderMark(_ data: Data) -> Data {
  let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
  return data.starts(with: mark) ? data.dropFirst(mark.count) : data
}

/// Number of bytes before the first that is not UTF-8.
public func firstInvalidByte(_ data: Data) -> Int {
  var low = 0
  var position = data.startIndex
  var decoder = UTF8.ForwardParser()
  var iterator = data.makeIterator()
  while true {
    switch decoder.parseScalar(from: &iterator) {
    case .valid(let scalar):
      low += scalar.count
      position += scalar.count
    case .error, .emptyInput:
      return low
    }
  }
}
