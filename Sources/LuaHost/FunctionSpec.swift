/// One parameter of a host function.
public struct Parameter: Sendable {
  public var name: String
  public var type: FieldType
  /// One sentence for the reference.
  public var doc: String
  /// Such as `nats`; nil for a pure number or anything else.
  public var unit: String?
  /// A further bound on a number.
  public var range: ClosedRange<Double>?
  /// May be left out (or given as nil); then `CallContext` reports `.nil`, or
  /// the default.
  public var optional: Bool
  public var defaultValue: LuaValue?
  /// The last parameter only: any number of arguments of this type.
  public var variadic: Bool

  public init(
    _ name: String, _ type: FieldType, _ doc: String = "", unit: String? = nil,
    range: ClosedRange<Double>? = nil, optional: Bool = false,
    default defaultValue: LuaValue? = nil, variadic: Bool = false
  ) {
    self.name = name
    self.type = type
    self.doc = doc
    self.unit = unit
    self.range = range
    self.optional = optional || defaultValue != nil
    self.defaultValue = defaultValue
    self.variadic = variadic
  }

  public init(
    name: String, type: FieldType, doc: String, unit: String? = nil,
    range: ClosedRange<Double>? = nil, optional: Bool = false
  ) {
    self.init(name, type, doc, unit: unit, range: range, optional: optional)
  }
}

/// What a function returns, for the reference.
public struct ResultSpec: Sendable {
  /// As editor annotations write it: `number`, `solon.constitution`.
  public var annotation: String
  /// The type, when there is one value and it has a schema.
  public var type: FieldType?
  public var doc: String
  public var unit: String?

  public init(_ annotation: String, _ doc: String = "", unit: String? = nil) {
    self.annotation = annotation
    self.doc = doc
    self.unit = unit
  }

  public init(_ type: FieldType, _ doc: String = "", unit: String? = nil) {
    self.init(type.annotation, doc, unit: unit)
    self.type = type
  }
}

/// A function that a script gives and the host calls, described once: the
/// reference and the editor types come from here.
public struct Callback: Sendable {
  public var parameters: [Parameter]
  public var result: ResultSpec

  public init(_ parameters: [Parameter], returns result: ResultSpec) {
    self.parameters = parameters
    self.result = result
  }

  /// `fun(ctx: solon.draw_context): table`.
  public var annotation: String {
    let list = parameters.map { "\($0.name): \($0.type.annotation)" }
    return "fun(\(list.joined(separator: ", "))): \(result.annotation)"
  }

  /// `function(ctx) -> principle`, for people.
  public var signature: String {
    "function(\(parameters.map(\.name).joined(separator: ", "))) -> "
      + result.annotation.replacing("solon.", with: "")
  }
}

/// A function scripts can call, defined once: registration, argument checks,
/// editor types and reference all come from this value.
public struct FunctionSpec {
  /// The body of a host function. Runs on the machine's thread; may call the
  /// functions it was given through `CallContext.call`.
  public typealias Body = (inout CallContext) throws(ScriptError) -> LuaValue

  /// Full dotted name (`solon.stats.mean`), or the plain name of a method.
  public var name: String
  public var parameters: [Parameter]
  public var result: ResultSpec?
  /// The API level that introduced the function.
  public var since: Int
  /// A complete Lua chunk that uses the function.
  public var example: String
  /// One sentence.
  public var summary: String
  public var body: Body
  /// For a function written in Lua: a chunk that returns it. Such a function
  /// gets its arguments as they are, where a Swift body sees copies, and checks
  /// them itself.
  public var script: String?

  public init(
    name: String, parameters: [Parameter] = [], result: ResultSpec? = nil,
    since: Int = 1, example: String = "", summary: String = "",
    body: @escaping Body
  ) {
    self.name = name
    self.parameters = parameters
    self.result = result
    self.since = since
    self.example = example
    self.summary = summary
    self.body = body
  }

  /// A function or method written in Lua.
  public init(
    name: String, parameters: [Parameter] = [], result: ResultSpec? = nil,
    since: Int = 1, example: String = "", summary: String = "", script: String
  ) {
    self.init(
      name: name, parameters: parameters, result: result, since: since,
      example: example, summary: summary
    ) { _ throws(ScriptError) in
      preconditionFailure("a function written in Lua has no Swift body")
    }
    self.script = script
  }

  /// `solon.jsonl(path, limit?)`.
  public var signature: String {
    let list = parameters.map { parameter in
      if parameter.variadic { return "..." }
      return parameter.optional ? parameter.name + "?" : parameter.name
    }
    return "\(name)(\(list.joined(separator: ", ")))"
  }
}
