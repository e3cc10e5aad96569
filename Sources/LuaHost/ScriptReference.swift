/// Everything a script can use, in order: what the editor types, the reference
/// page and the record of the API are made from.
public struct ScriptReference {
  /// Functions and objects that belong together.
  public struct Section {
    public var title: String
    /// One paragraph of Markdown.
    public var introduction: String
    public var functions: [FunctionSpec]
    public var objects: [ObjectSpec]

    public init(
      _ title: String, _ introduction: String, functions: [FunctionSpec] = [],
      objects: [ObjectSpec] = []
    ) {
      self.title = title
      self.introduction = introduction
      self.functions = functions
      self.objects = objects
    }
  }

  /// The global that holds every function, such as `solon`.
  public var namespace: String
  /// Of the script API.
  public var level: Int
  public var sections: [Section]

  public init(namespace: String, level: Int, sections: [Section]) {
    self.namespace = namespace
    self.level = level
    self.sections = sections
  }

  /// Every table that a function or a callback takes or returns, each once, in
  /// the order of first mention.
  public var schemas: [Schema] {
    var collector = SchemaCollector()
    for section in sections {
      for function in section.functions + section.objects.flatMap(\.methods) {
        collector.collect(function.parameters, function.result)
      }
    }
    return collector.schemas
  }
}

private struct SchemaCollector {
  var schemas: [Schema] = []
  private var known: Set<String> = []

  mutating func collect(_ parameters: [Parameter], _ result: ResultSpec?) {
    for parameter in parameters { collect(parameter.type) }
    if let type = result?.type { collect(type) }
  }

  private mutating func collect(_ type: FieldType) {
    switch type {
    case .array(let element), .map(let element): collect(element)
    case .anyOf(let types): for type in types { collect(type) }
    case .function(let callback?): collect(callback.parameters, callback.result)
    case .record(let schema):
      guard known.insert(schema.name).inserted else { return }
      schemas.append(schema)
      for field in schema.fields { collect(field.type) }
    default: break
    }
  }
}

extension LuaValue {
  /// The value as Lua source, for defaults: `{ 0.2, 0.8 }`.
  var source: String {
    switch self {
    case .string(let text): return "\"\(text)\""
    case .number(let number): return text(number)
    case .table(let table):
      let parts =
        table.array.map(\.source) + table.fields.map { "\($0.key) = \($0.value.source)" }
      return parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }"
    default: return summary
    }
  }
}

extension Field {
  var isOptional: Bool { if case .required = presence { false } else { true } }

  var defaultSource: String? {
    if case .default(let value) = presence { value.source } else { nil }
  }

  /// Meaning, unit, range and default in one line.
  var description: String {
    sentence(doc, unit: unit, range: type.rangeDescription, default: defaultSource)
  }
}

extension Parameter {
  /// Meaning, unit, range and default in one line.
  var description: String {
    let bounds = range.flatMap { FieldType.number($0).rangeDescription } ?? type.rangeDescription
    return sentence(doc, unit: unit, range: bounds, default: defaultValue?.source)
  }
}

private func sentence(
  _ doc: String, unit: String?, range: String?, default value: String?
) -> String {
  var parts = doc.isEmpty ? [] : [doc]
  if let unit { parts.append("in \(unit)") }
  if let range { parts.append(range.hasPrefix("[") ? "in \(range)" : range) }
  if let value { parts.append("default \(value)") }
  return parts.joined(separator: "; ")
}
