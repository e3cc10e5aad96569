/// The fields a table may have. Anything else in the table is an error.
public struct Schema: Sendable {
  /// Such as `experiment`; the start of every error path.
  public var name: String
  public var fields: [Field]

  public init(_ name: String, _ fields: [Field]) {
    self.name = name
    self.fields = fields
  }

  public init(name: String, fields: [Field]) { self.init(name, fields) }

  /// The name of the class in editor annotations: `solon.revision_principle`.
  public var annotation: String {
    "solon." + name.replacing(" ", with: "_")
  }
}

/// One field of a `Schema`.
public struct Field: Sendable {
  public enum Presence: Sendable {
    case required
    /// May be absent, and stays absent.
    case optional
    /// Written into the table when absent.
    case `default`(LuaValue)
  }

  public var name: String
  public var type: FieldType
  public var presence: Presence
  /// One sentence for the reference.
  public var doc: String
  /// Such as `nats per token`; nil for a pure number.
  public var unit: String?

  public init(
    _ name: String, _ type: FieldType, _ presence: Presence = .required,
    _ doc: String = "", unit: String? = nil
  ) {
    self.name = name
    self.type = type
    self.presence = presence
    self.doc = doc
    self.unit = unit
  }

  public static func required(
    _ name: String, _ type: FieldType, _ doc: String = "", unit: String? = nil
  ) -> Field {
    Field(name, type, .required, doc, unit: unit)
  }

  public static func optional(
    _ name: String, _ type: FieldType, _ doc: String = "", unit: String? = nil
  ) -> Field {
    Field(name, type, .optional, doc, unit: unit)
  }

  public static func defaulted(
    _ name: String, _ type: FieldType, _ value: LuaValue, _ doc: String = "",
    unit: String? = nil
  ) -> Field {
    Field(name, type, .default(value), doc, unit: unit)
  }
}
