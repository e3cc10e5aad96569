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
    guard relativePath(real) != nil else {
      throw ScriptError(
        message: "\(purpose): '\(shown)' is \(escapingControls(in: real)), "
          + "outside the project \(projectRoot.path)", reason: .file)
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
    let url = try projectFile(path, purpose: purpose)
    let shown = relativePath(url.path) ?? url.path
    let data: Data
    do {
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
      data = try Data(contentsOf: url)
    } catch let error as ScriptError {
      throw error
    } catch {
      throw ScriptError(
        message: "\(purpose): cannot read '\(shown)': "
          + error.localizedDescription, reason: .file)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw ScriptError(
        message: "\(purpose): '\(shown)' is not UTF-8: invalid byte at offset "
          + "\(firstInvalidByte(data))", reason: .file)
    }
    if let known = scriptsByPath[shown], known.text == text { return known }
    let script = ScriptText(path: shown, text: text)
    remember(script)
    loadedScripts.append(script)
    return script
  }

  /// Reads a file that will be compiled.
  func readScript(
    _ path: String, purpose: String
  ) throws(ScriptError) -> ScriptText {
    let url = try projectFile(path, purpose: purpose)
    if let handle = try? FileHandle(forReadingFrom: url),
      let first = try? handle.read(upToCount: 1), first.first == 0x1B
    {
      throw ScriptError(
        message: "\(purpose): '\(relativePath(url.path) ?? url.path)' is "
          + "compiled Lua; only text is accepted", reason: .file)
    }
    return try readText(
      url.path, purpose: purpose, maximumBytes: limits.scriptBytes)
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
func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
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
