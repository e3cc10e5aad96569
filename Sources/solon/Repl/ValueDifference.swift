import LuaHost

/// What differs between two values, by the path of each part.
struct ValueDifference {
  /// One part: `old` or `new` is nil where the part was not there.
  struct Change: Equatable {
    var path: String
    var old: LuaValue?
    var new: LuaValue?
  }

  private(set) var changes: [Change] = []
  private let sameFunction: (LuaFunction, LuaFunction) -> Bool

  /// - Parameters:
  ///   - path: what the values themselves are called.
  ///   - sameFunction: whether two functions compute the same.
  init(
    from old: LuaValue, to new: LuaValue, path: String,
    sameFunction: @escaping (LuaFunction, LuaFunction) -> Bool
  ) {
    self.sameFunction = sameFunction
    compare(old, new, path)
  }

  private mutating func compare(_ old: LuaValue, _ new: LuaValue, _ path: String) {
    switch (old, new) {
    case (.function(let a), .function(let b)):
      if !sameFunction(a, b) { changes.append(Change(path: path, old: old, new: new)) }
    case (.table(let a), .table(let b)) where a.kind == b.kind:
      compareElements(a.array, b.array, path)
      for (key, value) in a.fields {
        compare(value, b.fields[key], Self.field(path, key))
      }
      for (key, value) in b.fields where a.fields[key] == nil {
        changes.append(Change(path: Self.field(path, key), new: value))
      }
    default:
      if old != new { changes.append(Change(path: path, old: old, new: new)) }
    }
  }

  private mutating func compare(_ old: LuaValue, _ new: LuaValue?, _ path: String) {
    if let new {
      compare(old, new, path)
    } else {
      changes.append(Change(path: path, old: old))
    }
  }

  /// Elements that all have an `id` of their own are matched by it, so that an
  /// insertion is one change; others by their number.
  private mutating func compareElements(_ old: [LuaValue], _ new: [LuaValue], _ path: String) {
    if let a = Self.byID(old), let b = Self.byID(new) {
      for (id, value) in a { compare(value, b[id], "\(path)['\(id)']") }
      for (id, value) in b where a[id] == nil {
        changes.append(Change(path: "\(path)['\(id)']", new: value))
      }
      if a.keys.filter({ b[$0] != nil }) != b.keys.filter({ a[$0] != nil }) {
        changes.append(
          Change(
            path: "\(path) (order)", old: .string(a.keys.joined(separator: " ")),
            new: .string(b.keys.joined(separator: " "))))
      }
      return
    }
    for index in 0..<max(old.count, new.count) {
      let element = "\(path)[\(index + 1)]"
      if index >= old.count {
        changes.append(Change(path: element, new: new[index]))
      } else {
        compare(old[index], index < new.count ? .some(new[index]) : .none, element)
      }
    }
  }

  private static func byID(_ elements: [LuaValue]) -> OrderedDictionary<String, LuaValue>? {
    var result: OrderedDictionary<String, LuaValue> = [:]
    for element in elements {
      guard let id = element.tableValue?["id"].stringValue,
        result.updateValue(element, forKey: id) == nil
      else { return nil }
    }
    return result
  }

  private static func field(_ path: String, _ key: String) -> String {
    PrettyPrinter.isName(key) ? "\(path).\(key)" : "\(path)['\(key)']"
  }

  // MARK: Text

  /// Most changes that are written out.
  static let limit = 40

  /// The changes for people: `path: old → new` where that fits into a line,
  /// else old and new below each other.
  func lines(width: Int) -> [String] {
    let printer = PrettyPrinter(width: width)
    var lines: [String] = []
    for change in changes.prefix(Self.limit) {
      switch (change.old, change.new) {
      case (let old?, let new?):
        let (old, new) = Self.excerpts(old, new, room: width - 4)
        let a = printer.line(old, room: width - 4)
        let b = printer.line(new, room: width - 4)
        if a == b {
          lines.append("\(change.path): changed, \(b)")
        } else if change.path.count + a.count + b.count + 5 <= width {
          lines.append("\(change.path): \(a) → \(b)")
        } else {
          lines += ["\(change.path):", "  - \(a)", "  + \(b)"]
        }
      case (let old?, nil):
        lines.append(
          "\(change.path): removed, was \(printer.line(old, room: width - change.path.count - 14))")
      case (nil, let new?):
        lines.append(
          "\(change.path): added, \(printer.line(new, room: width - change.path.count - 9))")
      case (nil, nil): break
      }
    }
    let left = changes.count - Self.limit
    return left > 0 ? lines + ["… \(left) more changes"] : lines
  }

  /// Two long strings from shortly before the place where they part; other
  /// values as they are.
  private static func excerpts(
    _ old: LuaValue, _ new: LuaValue, room: Int
  ) -> (LuaValue, LuaValue) {
    guard case .string(let a) = old, case .string(let b) = new,
      max(a.count, b.count) + 2 > room
    else { return (old, new) }
    let common = zip(a, b).prefix { $0 == $1 }.count
    let skipped = max(0, common - room / 3)
    guard skipped > 0 else { return (old, new) }
    return (.string("…" + a.dropFirst(skipped)), .string("…" + b.dropFirst(skipped)))
  }
}
