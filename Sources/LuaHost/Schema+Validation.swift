extension Schema {
  /// Checks a table and fills in the defaults.
  ///
  /// - Parameters:
  ///   - path: the start of error paths, usually the schema's name.
  ///   - location: where the table was made, for a table that does not know
  ///     (`LuaTable.location`). From there the source is searched for the line
  ///     of the faulty field; see `FieldLocator`.
  /// - Returns: the table with its fields in the schema's order, numbers as
  ///   floats where the schema says number and as integers where it says
  ///   integer; tag and location kept.
  /// - Throws: an unknown field, a missing one, a wrong type, a value out of
  ///   range, NaN or infinity.
  public func validate(
    _ table: LuaTable, path: String, at location: SourceLocation? = nil
  ) throws(ScriptError) -> LuaTable {
    var checker = Checker(path: path, location: location)
    return try checker.record(table, self)
  }
}

extension FieldType {
  /// Checks one value; see `Schema.validate`.
  public func validate(
    _ value: LuaValue, path: String, at location: SourceLocation? = nil
  ) throws(ScriptError) -> LuaValue {
    var checker = Checker(path: path, location: location)
    return try checker.value(value, self)
  }
}

/// A step from a table to a part of it.
public enum FieldStep: Sendable, Hashable {
  case field(String)
  case element(Int)
}

extension SourceLocation {
  /// Where a part of the table that was made here is written, as far as the
  /// text shows it.
  public func ofPart(_ steps: [FieldStep]) -> SourceLocation {
    guard let script,
      let line = FieldLocator.line(of: steps, after: line, in: script.text)
    else { return self }
    return SourceLocation(file: file, line: line, script: script)
  }
}

/// One walk over a value, knowing where it is.
private struct Checker {
  let root: String
  var steps: [FieldStep] = []
  /// The nearest table around that knows where it was made, and the number of
  /// steps that lead to it.
  var origin: (location: SourceLocation?, depth: Int)

  init(path: String, location: SourceLocation?) {
    root = path
    origin = (location, 0)
  }

  var path: String {
    steps.reduce(into: root) { path, step in
      switch step {
      case .field(let name): path += "." + escapingControls(in: name)
      case .element(let index): path += "[\(index)]"
      }
    }
  }

  func error(_ message: String) -> ScriptError {
    ScriptError(
      "\(path): \(message)",
      at: origin.location?.ofPart(Array(steps[origin.depth...])), path: path,
      reason: .schema)
  }

  func mismatch(_ type: FieldType, _ value: LuaValue) -> ScriptError {
    error("expected \(type.name), got \(value.typeName)")
  }

  /// Checks a part of the value being checked.
  mutating func part(
    _ step: FieldStep, _ value: LuaValue, _ type: FieldType
  ) throws(ScriptError) -> LuaValue {
    steps.append(step)
    let result = try self.value(value, type)
    steps.removeLast()
    return result
  }

  mutating func value(
    _ value: LuaValue, _ type: FieldType
  ) throws(ScriptError) -> LuaValue {
    switch type {
    case .any: return value
    case .boolean:
      guard case .boolean = value else { throw mismatch(type, value) }
      return value
    case .integer(let range): return try integer(value, type, range)
    case .number(let range): return try number(value, type, range)
    case .string:
      guard case .string = value else { throw mismatch(type, value) }
      return value
    case .nonEmptyString:
      guard case .string(let text) = value else { throw mismatch(type, value) }
      guard !text.isEmpty else { throw error("the string is empty") }
      return value
    case .choice(let names):
      guard case .string(let text) = value else { throw mismatch(type, value) }
      guard names.contains(text) else {
        let near = suggestion(for: text, among: names)
        throw error(
          "expected \(type.name), got \(value.summary)"
            + (near.map { " (did you mean '\($0)'?)" } ?? ""))
      }
      return value
    case .array(let element): return try array(value, type, element)
    case .map(let element): return try map(value, type, element)
    case .record(let schema):
      guard case .table(let table) = value else { throw mismatch(type, value) }
      return .table(try record(table, schema))
    case .tagged(let kind):
      guard case .table(let table) = value, table.kind == kind else {
        throw mismatch(type, value)
      }
      return value
    case .function:
      guard case .function = value else { throw mismatch(type, value) }
      return value
    case .object(let name):
      guard case .object(let object) = value, object.typeName == name else {
        throw mismatch(type, value)
      }
      return value
    case .anyOf(let types): return try alternatives(value, types)
    }
  }

  func integer(
    _ value: LuaValue, _ type: FieldType, _ range: ClosedRange<Int64>
  ) throws(ScriptError) -> LuaValue {
    guard value.doubleValue != nil else { throw mismatch(type, value) }
    guard let number = value.integerValue else {
      throw error("expected an integer, got \(value.summary)")
    }
    guard range.contains(number) else {
      throw error(outside("an integer", type, value))
    }
    return .integer(number)
  }

  func number(
    _ value: LuaValue, _ type: FieldType, _ range: ClosedRange<Double>
  ) throws(ScriptError) -> LuaValue {
    guard let number = value.doubleValue else { throw mismatch(type, value) }
    guard number.isFinite else {
      throw error("expected a finite number, got \(number)")
    }
    guard range.contains(number) else {
      throw error(outside("a number", type, value))
    }
    return .number(number)
  }

  func outside(
    _ noun: String, _ type: FieldType, _ value: LuaValue
  ) -> String {
    let range = type.rangeDescription ?? ""
    let form = range.hasPrefix("[") ? "in \(range)" : range
    return "expected \(noun) \(form), got \(value.summary)"
  }

  mutating func array(
    _ value: LuaValue, _ type: FieldType, _ element: FieldType
  ) throws(ScriptError) -> LuaValue {
    guard case .table(var table) = value, table.kind == nil else {
      throw mismatch(type, value)
    }
    if let name = table.fields.keys.first {
      steps.append(.field(name))
      throw error("expected a list, got a table with named fields")
    }
    for index in table.array.indices {
      table.array[index] = try part(
        .element(index + 1), table.array[index], element)
    }
    return .table(table)
  }

  mutating func map(
    _ value: LuaValue, _ type: FieldType, _ element: FieldType
  ) throws(ScriptError) -> LuaValue {
    guard case .table(var table) = value, table.kind == nil else {
      throw mismatch(type, value)
    }
    if !table.array.isEmpty {
      steps.append(.element(1))
      throw error("expected only named fields, got a list element")
    }
    for (name, field) in table.fields {
      table.fields[name] = try part(.field(name), field, element)
    }
    return .table(table)
  }

  mutating func record(
    _ table: LuaTable, _ schema: Schema
  ) throws(ScriptError) -> LuaTable {
    let outer = origin
    if let location = table.location { origin = (location, steps.count) }
    if !table.array.isEmpty {
      steps.append(.element(1))
      throw error("expected only named fields, got a list element")
    }
    let known = schema.fields.map(\.name)
    for name in table.fields.keys where !known.contains(name) {
      steps.append(.field(name))
      let near = suggestion(for: name, among: known)
      throw error(
        "unknown field"
          + (near.map { " (did you mean '\($0)'?)" }
            ?? "; known fields: \(known.joined(separator: ", "))"))
    }
    var result = table
    result.fields = [:]
    result.fields.reserveCapacity(schema.fields.count)
    for field in schema.fields {
      let value = table[field.name]
      if !value.isNil {
        result.fields[field.name] = try part(
          .field(field.name), value, field.type)
        continue
      }
      switch field.presence {
      case .required:
        let here = error("").location
        steps.append(.field(field.name))
        var missing = error("missing (expected \(field.type.name))")
        missing.line = here?.line
        missing.sourceLine = here.flatMap {
          origin.location?.script?.line($0.line)
        }
        throw missing
      case .optional: break
      case .default(let value): result.fields[field.name] = value
      }
    }
    origin = outer
    return result
  }

  /// The first alternative that fits. When none does but only one has the
  /// value's Lua type, that one's message says more.
  mutating func alternatives(
    _ value: LuaValue, _ types: [FieldType]
  ) throws(ScriptError) -> LuaValue {
    var failures: [ScriptError] = []
    for type in types {
      var attempt = self
      do throws(ScriptError) {
        return try attempt.value(value, type)
      } catch {
        if type.accepts(value) { failures.append(error) }
      }
    }
    if failures.count == 1 { throw failures[0] }
    throw mismatch(.anyOf(types), value)
  }
}

extension FieldType {
  /// Whether the value has the Lua type this asks for, whatever its contents.
  fileprivate func accepts(_ value: LuaValue) -> Bool {
    switch (self, value) {
    case (.boolean, .boolean), (.integer, .integer), (.integer, .number),
      (.number, .integer), (.number, .number), (.string, .string),
      (.nonEmptyString, .string), (.choice, .string), (.function, .function),
      (.object, .object), (.any, _):
      true
    case (.array, .table(let table)):
      table.kind == nil && table.fields.isEmpty
    case (.map, .table(let table)), (.record, .table(let table)):
      table.kind == nil && table.array.isEmpty
    case (.tagged(let kind), .table(let table)): table.kind == kind
    case (.anyOf(let types), _): types.contains { $0.accepts(value) }
    default: false
    }
  }
}
