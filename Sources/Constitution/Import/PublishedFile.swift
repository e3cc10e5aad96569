import Foundation
import LuaHost

/// Why published prompts cannot be imported: one line that names the file, the
/// entry and what to do.
public struct ImportError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// One JSON file of published prompts, and exact readings of what is in it: a
/// value of another type, a field too many or too few, or a key written twice is
/// an error that names the entry.
struct PublishedFile {
  let name: String
  let json: Any

  /// Far above the published sizes; a wrong path must not fill the memory.
  private static let maximumBytes = 16 << 20

  init(_ name: String, in directory: URL) throws(ImportError) {
    self.name = name
    let data = try Self.bytes(of: directory.appendingPathComponent(name), name)
    guard !data.starts(with: Data("version https://git-lfs".utf8)) else {
      throw ImportError("\(name): is a git-lfs pointer, not the file — fetch it: git lfs pull")
    }
    guard String(validating: data, as: UTF8.self) != nil else {
      throw ImportError(
        "\(name): is not UTF-8: invalid byte at offset \(firstInvalidByte(data)) — "
          + "download the file again")
    }
    do {
      // A text of two bytes a character would be read as such otherwise.
      if let zero = data.firstIndex(of: 0) { throw ImportError("a NUL byte at offset \(zero)") }
      json = try JSONSerialization.jsonObject(with: data)
    } catch {
      let details = (error as NSError).userInfo["NSDebugDescription"] as? String
      let reason = (error as? ImportError)?.description ?? details ?? error.localizedDescription
      throw ImportError("\(name): is not JSON: \(reason) — download the file again")
    }
    if let key = repeatedKey(in: data) {
      throw ImportError(
        "\(name): \(shown(key)) is the key of two entries of one object — remove one")
    }
  }

  private static func bytes(of url: URL, _ name: String) throws(ImportError) -> Data {
    do {
      let values = try url.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
      guard values.isRegularFile == true else {
        throw ImportError("\(name): is not an ordinary file")
      }
      let size = values.fileSize ?? 0
      guard size <= maximumBytes else {
        throw ImportError("\(name): has \(size) bytes; the limit is \(maximumBytes)")
      }
      return try Data(contentsOf: url)
    } catch let error as ImportError {
      throw error
    } catch {
      throw ImportError("\(name): cannot be read: \(error.localizedDescription)")
    }
  }

  // MARK: Exact readings

  func failure(_ entry: String, _ message: String) -> ImportError {
    ImportError("\(name): \(entry): \(message)")
  }

  /// The file's list; an empty one is an error.
  func list() throws(ImportError) -> [Any] {
    guard let list = json as? [Any] else {
      throw ImportError("\(name): expected a list, got \(summary(json))")
    }
    guard !list.isEmpty else { throw ImportError("\(name): the list is empty") }
    return list
  }

  /// An object with exactly these fields.
  func object(
    _ value: Any, fields: [String], entry: String
  ) throws(ImportError) -> [String: Any] {
    guard let object = value as? [String: Any] else {
      throw failure(entry, "expected an object, got \(summary(value))")
    }
    for key in object.keys.sorted() where !fields.contains(key) {
      let hint = suggestion(for: key, among: fields).map { " (did you mean '\($0)'?)" } ?? ""
      throw failure(entry, "unknown field \(shown(key))\(hint)")
    }
    for field in fields where object[field] == nil {
      throw failure(entry, "the field '\(field)' is missing")
    }
    return object
  }

  func text(_ value: Any, entry: String) throws(ImportError) -> String {
    guard let text = value as? String else {
      throw failure(entry, "expected a text, got \(summary(value))")
    }
    return text
  }

  /// The text of a list that must hold exactly one.
  func onlyText(_ value: Any, entry: String) throws(ImportError) -> String {
    guard let list = value as? [Any], list.count == 1 else {
      throw failure(entry, "expected a list of one text, got \(summary(value))")
    }
    return try text(list[0], entry: "\(entry)[1]")
  }

  private func summary(_ value: Any) -> String {
    switch value {
    case is NSNull: "null"
    case is String: "a text"
    case let list as [Any]: "a list of \(list.count)"
    case is [String: Any]: "an object"
    default: "a number, true or false"
    }
  }
}

/// A piece of a file as it is shown in a message.
func shown(_ text: String) -> String {
  LuaLiteral.quoted(text.count > 60 ? text.prefix(60) + "…" : text)
}

/// A key that an object of the valid JSON text `data` has twice. A parser that
/// gives dictionaries keeps one of the two values and says nothing.
private func repeatedKey(in data: Data) -> String? {
  let bytes = [UInt8](data)
  let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
  var open: [Set<String>] = []
  var index = 0
  while index < bytes.count {
    defer { index += 1 }
    switch bytes[index] {
    case UInt8(ascii: "{"): open.append([])
    case UInt8(ascii: "}"): open.removeLast()
    case quote:
      let start = index
      repeat { index += bytes[index] == backslash ? 2 : 1 } while bytes[index] != quote
      // In valid JSON a colon follows keys and nothing else.
      let next = bytes[(index + 1)...].first { !" \n\r\t".utf8.contains($0) }
      guard next == UInt8(ascii: ":"),
        let key = try? JSONSerialization.jsonObject(
          with: Data(bytes[start...index]), options: .fragmentsAllowed) as? String
      else { continue }
      if !open[open.count - 1].insert(key).inserted { return key }
    default: break
    }
  }
  return nil
}
