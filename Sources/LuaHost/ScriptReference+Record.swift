public import Foundation

/// The names and types of one level of the script API. A released level is
/// frozen: scripts written for it must go on working.
public struct ScriptAPIRecord: Codable, Equatable, Sendable {
  public struct Function: Codable, Equatable, Sendable {
    public var since: Int
    /// `name: type`, with `name?` for one that may be left out.
    public var parameters: [String]
    public var result: String?
  }

  public var level: Int
  /// By full name; methods as `rng:choice`.
  public var functions: [String: Function]
  /// Field types by table and field; a field that may be left out ends in `?`.
  public var tables: [String: [String: String]]

  /// JSON with sorted keys.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("names and types always encode")
    }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  public init(json: Data) throws { self = try JSONDecoder().decode(Self.self, from: json) }

  init(level: Int, functions: [String: Function], tables: [String: [String: String]]) {
    self.level = level
    self.functions = functions
    self.tables = tables
  }

  /// What a script written for this level would miss in `current`: one line for
  /// each name that is gone or has another type.
  public func breaks(in current: ScriptAPIRecord) -> [String] {
    var broken: [String] = []
    for (name, function) in functions.sorted(by: { $0.key < $1.key }) {
      guard let now = current.functions[name] else {
        broken.append("\(name) is gone")
        continue
      }
      // Further parameters may be added when they can be left out.
      let added = now.parameters.dropFirst(function.parameters.count)
      if Array(now.parameters.prefix(function.parameters.count)) != function.parameters
        || added.contains(where: { !$0.contains("?:") }) || now.result != function.result
      {
        broken.append("\(name) was \(function), is \(now)")
      }
    }
    for (table, fields) in tables.sorted(by: { $0.key < $1.key }) {
      for (field, type) in fields.sorted(by: { $0.key < $1.key })
      where current.tables[table]?[field] != type {
        broken.append(
          "\(table).\(field) was \(type), is \(current.tables[table]?[field] ?? "gone")")
      }
      for field in (current.tables[table] ?? [:]).keys.sorted()
      where fields[field] == nil && !field.hasSuffix("?") {
        broken.append("\(table).\(field) is new and cannot be left out")
      }
    }
    return broken
  }
}

extension ScriptReference {
  /// The names and types as they are now.
  public var record: ScriptAPIRecord {
    var functions: [String: ScriptAPIRecord.Function] = [:]
    func add(_ function: FunctionSpec, _ name: String) {
      functions[name] = ScriptAPIRecord.Function(
        since: function.since,
        parameters: function.parameters.map {
          "\($0.name)\($0.optional ? "?" : ""): \($0.type.annotation)"
        }, result: function.result?.annotation)
    }
    for section in sections {
      for function in section.functions { add(function, function.name) }
      for object in section.objects {
        for method in object.methods { add(method, "\(object.name):\(method.name)") }
      }
    }
    var tables: [String: [String: String]] = [:]
    for schema in schemas {
      for field in schema.fields {
        tables[schema.annotation, default: [:]][field.name + (field.isOptional ? "?" : "")] =
          field.type.annotation
      }
    }
    return ScriptAPIRecord(level: level, functions: functions, tables: tables)
  }
}
