/// One call of a host function: its arguments, checked, and its caller.
///
/// Valid during the call only; do not keep it.
public struct CallContext {
  public let machine: LuaVM
  let function: RegisteredFunction
  /// One value per parameter: defaults filled in, `.nil` for an optional
  /// argument left out; then the variadic arguments.
  public private(set) var arguments: [LuaValue]
  private var object: LuaObject?
  private let source: UnsafePointer<CChar>?
  private let line: Int32

  init(
    machine: LuaVM, function: RegisteredFunction, arguments: [LuaValue],
    source: UnsafePointer<CChar>?, line: Int32
  ) {
    self.machine = machine
    self.function = function
    self.arguments = arguments
    self.source = source
    self.line = line
  }

  /// Full name of the function, such as `solon.jsonl`.
  public var name: String { function.spec.name }

  /// The line of the script that made the call.
  public var location: SourceLocation? {
    source.flatMap { machine.location(String(cString: $0 + 1), Int(line)) }
  }

  /// The state of the object the method was called on.
  public func receiver<T: AnyObject>(as type: T.Type = T.self) -> T {
    guard let object, let state = object.state as? T else {
      preconditionFailure("\(name) is not a method of \(T.self)")
    }
    return state
  }

  /// An error of this function at its caller's line.
  public func error(
    _ message: String, reason: ScriptError.Reason = .runtime
  ) -> ScriptError {
    ScriptError("\(name): \(message)", at: location, reason: reason)
  }

  /// Calls a function that was passed in; it shares the budget of the open
  /// call.
  public func call(
    _ function: LuaFunction, _ arguments: [LuaValue]
  ) throws(ScriptError) -> LuaValue {
    try machine.call(function, arguments)
  }

  /// Charges work done by the host to the script's budget, in instructions.
  public func charge(_ instructions: Int) { machine.charge(instructions) }

  // MARK: Arguments by position, of the type the parameter declares

  public subscript(index: Int) -> LuaValue { arguments[index] }

  public func boolean(_ index: Int) -> Bool {
    require(arguments[index].boolValue, index)
  }
  public func integer(_ index: Int) -> Int {
    Int(require(arguments[index].integerValue, index))
  }
  public func number(_ index: Int) -> Double {
    require(arguments[index].doubleValue, index)
  }
  public func string(_ index: Int) -> String {
    require(arguments[index].stringValue, index)
  }
  public func table(_ index: Int) -> LuaTable {
    require(arguments[index].tableValue, index)
  }
  public func function(_ index: Int) -> LuaFunction {
    require(arguments[index].functionValue, index)
  }
  public func object<T: AnyObject>(_ index: Int, as type: T.Type) -> T {
    require(arguments[index].objectValue?.state as? T, index)
  }

  private func require<T>(_ value: T?, _ index: Int) -> T {
    guard let value else {
      preconditionFailure(
        "\(name): argument \(index + 1) is not of the type its parameter says")
    }
    return value
  }

  // MARK: Checks

  /// Takes the receiver off the arguments, then checks them against the
  /// parameters.
  mutating func prepare() throws(ScriptError) {
    if function.isMethod {
      guard let first = arguments.first, case .object(let receiver) = first,
        name.hasPrefix(receiver.typeName + ":")
      else {
        let plain = name.split(separator: ":").last ?? ""
        throw error("call it with a colon: object:\(plain)(...)")
      }
      object = receiver
      arguments.removeFirst()
    }
    let parameters = function.spec.parameters
    let variadic = parameters.last?.variadic ?? false
    if arguments.count > parameters.count, !variadic {
      let most = parameters.count
      throw error(
        "expected \(most == 1 ? "1 argument" : "\(most) arguments"), "
          + "got \(arguments.count)")
    }
    for index in parameters.indices {
      let parameter = parameters[index]
      if index >= arguments.count {
        if parameter.variadic { break }
        arguments.append(.nil)
      }
      try check(index, parameter)
    }
    if variadic, arguments.count > parameters.count {
      for index in parameters.count..<arguments.count {
        try check(index, parameters[parameters.count - 1])
      }
    }
  }

  private mutating func check(
    _ index: Int, _ parameter: Parameter
  ) throws(ScriptError) {
    if arguments[index].isNil, parameter.optional {
      arguments[index] = parameter.defaultValue ?? .nil
      return
    }
    // The types that need no text when they fit.
    switch (parameter.type, arguments[index]) {
    case (.any, _), (.string, .string), (.boolean, .boolean),
      (.function, .function):
      return
    case (.record(let schema), .table(let table)):
      arguments[index] = .table(
        try schema.validate(table, path: schema.name, at: location))
      return
    default: break
    }
    arguments[index] = try parameter.type.validate(
      arguments[index],
      path: "\(name): argument \(index + 1) (\(parameter.name))", at: location)
    if let range = parameter.range, let number = arguments[index].doubleValue,
      !range.contains(number)
    {
      throw error(
        "argument \(index + 1) (\(parameter.name)): expected a number in "
          + "[\(text(range.lowerBound)), \(text(range.upperBound))], "
          + "got \(arguments[index].summary)")
    }
  }
}
