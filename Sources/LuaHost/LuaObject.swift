/// A host object a script can call methods on, such as `ctx.rng`.
///
/// The object's type is an `ObjectSpec` registered with the virtual machine;
/// its state is any class instance. Making one costs two small allocations.
///
/// `@unchecked Sendable`: `state` is only handed out by `CallContext`, that is,
/// inside a method called by a `LuaVM`, and every entry to a `LuaVM` checks
/// that it runs on the machine's own thread.
public final class LuaObject: @unchecked Sendable, Hashable {
  /// How long scripts may use the object.
  public enum Lifetime: Sendable {
    /// Until the outermost call it was handed to returns; later use is an error.
    case call
    /// As long as the virtual machine.
    case machine
  }

  /// Name of the `ObjectSpec`.
  public let typeName: String
  public let lifetime: Lifetime
  let state: AnyObject
  /// Index among the machine's lasting objects, once it has been pushed.
  var lastingIndex: Int?

  /// - Parameters:
  ///   - typeName: the name of an `ObjectSpec` of the machine it will go to.
  ///   - state: what the methods work on; see `CallContext.receiver(as:)`.
  public init(
    _ typeName: String, state: AnyObject, lifetime: Lifetime = .call
  ) {
    self.typeName = typeName
    self.state = state
    self.lifetime = lifetime
  }

  public static func == (a: LuaObject, b: LuaObject) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(self))
  }
}

/// A type of host object: its name in messages and its methods.
public struct ObjectSpec {
  /// Such as `rng`.
  public var name: String
  public var summary: String
  /// Each named plainly (`choice`); the object is not one of the parameters.
  public var methods: [FunctionSpec]

  public init(name: String, summary: String, methods: [FunctionSpec]) {
    self.name = name
    self.summary = summary
    self.methods = methods
  }
}
