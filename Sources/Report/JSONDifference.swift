import Foundation

/// The leaves at which two JSON texts differ.
enum JSONDifference {
  struct Change: Equatable {
    /// Such as `constitution.revision_principles[9].critique`. An element that
    /// has an `id` is known by it: `…[theft].critique`.
    var path: String
    /// Nil when the leaf is not there.
    var before: String?
    var after: String?
  }

  static func changes(from before: String, to after: String) -> [Change] {
    func parsed(_ text: String) -> Any? {
      try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    }
    var changes: [Change] = []
    compare(parsed(before), parsed(after), "", &changes)
    return changes
  }

  private static func compare(
    _ before: Any?, _ after: Any?, _ path: String, _ changes: inout [Change]
  ) {
    if let a = before as? [String: Any], let b = after as? [String: Any] {
      for key in Set(a.keys).union(b.keys).sorted() {
        compare(a[key], b[key], path.isEmpty ? key : "\(path).\(key)", &changes)
      }
    } else if let a = before as? [Any], let b = after as? [Any] {
      if let (old, new) = identified(a, b) {
        let order = new.order + old.order.filter { new.elements[$0] == nil }
        for id in order {
          compare(old.elements[id], new.elements[id], "\(path)[\(id)]", &changes)
        }
      } else {
        for index in 0..<max(a.count, b.count) {
          compare(
            index < a.count ? a[index] : nil, index < b.count ? b[index] : nil,
            "\(path)[\(index + 1)]", &changes)
        }
      }
    } else {
      let (old, new) = (before.map(leaf), after.map(leaf))
      if old != new { changes.append(Change(path: path, before: old, after: new)) }
    }
  }

  private typealias Elements = (order: [String], elements: [String: Any])

  /// Both lists by the `id` of their elements, when all have one.
  private static func identified(_ a: [Any], _ b: [Any]) -> (Elements, Elements)? {
    func elements(_ list: [Any]) -> Elements? {
      var result: Elements = ([], [:])
      for element in list {
        guard let id = (element as? [String: Any])?["id"] as? String, result.elements[id] == nil
        else { return nil }
        result.order.append(id)
        result.elements[id] = element
      }
      return result
    }
    guard let a = elements(a), let b = elements(b), !a.order.isEmpty || !b.order.isEmpty else {
      return nil
    }
    return (a, b)
  }

  private static func leaf(_ value: Any) -> String {
    if let text = value as? String { return text }
    let data = try? JSONSerialization.data(
      withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
  }
}
