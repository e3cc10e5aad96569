internal import CLuaHost
internal import Crypto
public import Foundation

/// A Lua state that scripts cannot leave.
///
/// Scripts see an allow-list of names, run within `Limits`, and exchange plain
/// values with the host. Everything is deterministic: `pairs` visits numbers
/// ascending and then strings by their bytes, `table.sort` is stable, no
/// address, clock or random number is visible.
///
/// A machine belongs to the thread that made it; every entry checks that. A
/// script may nest 200 levels of C calls, so that thread needs a stack of at
/// least 1 MB.
///
/// Files: `LuaVM+Scripts` loads and evaluates, `LuaVM+Session` serves a prompt, `LuaVM+Files` reads the project,
/// `LuaVM+Requests` answers the state's calls of host functions.
public final class LuaVM {
  /// Absolute, symbolic links resolved. Scripts read nothing outside.
  public let projectRoot: URL
  public let limits: Limits
  /// Receives what scripts print, one call per `print`, without the newline.
  public var onPrint: ((String) -> Void)?
  /// Every file read so far (`load`, `require`, host functions), in order of
  /// first reading. A file read again with another text appears again.
  public internal(set) var loadedScripts: [ScriptText] = []

  let host: OpaquePointer
  var input: UnsafeMutablePointer<UInt8>
  var inputCapacity = 256
  let released = ReleasedFunctions()
  let functions: [RegisteredFunction]
  let objectTypes: [String: UInt32]
  let objectTypeNames: [String]
  private let thread: pthread_t
  private let bridge: Bridge
  private let watchdog: Watchdog?
  let watched: WatchedMachine?

  /// Objects made for the open call, and objects that last.
  var callObjects: [LuaObject] = []
  var lastingObjects: [LuaObject] = []
  /// Texts by the name Lua shows in messages.
  var scriptsByShortName: [String: ScriptText] = [:]
  var scriptsByPath: [String: ScriptText] = [:]
  /// Paths of modules being loaded, outermost first.
  var loading: [String] = []
  var printedBytes = 0
  /// The last error a host function raised, with the text the script saw.
  var hostError: (text: String, error: ScriptError)?
  /// Number of the outermost call; objects of earlier calls are stale.
  private(set) var currentEpoch: Int64 = 0

  /// - Parameters:
  ///   - projectRoot: directory scripts may `require` and read from.
  ///   - limits: what one call may use.
  ///   - library: functions below `solon.`, by their full names.
  ///   - objectTypes: the types of `LuaObject`s this machine will meet.
  ///   - watchdog: what sees to `Limits.secondsPerCall`; without one, calls may
  ///     take as long as their instructions do.
  /// - Throws: when the directory does not exist or memory does not suffice.
  public init(
    projectRoot: URL, limits: Limits = Limits(), library: [FunctionSpec] = [],
    objectTypes: [ObjectSpec] = [], watchdog: Watchdog? = nil
  ) throws(ScriptError) {
    guard let root = realPath(projectRoot.path) else {
      throw ScriptError(
        message: "the project directory \(projectRoot.path) does not exist",
        reason: .file)
    }
    self.projectRoot = URL(fileURLWithPath: root, isDirectory: true)
    self.limits = limits
    thread = pthread_self()

    var settings = lh_limits(
      memory: limits.memoryBytes, string: limits.stringBytes,
      nodes: Int64(limits.maximumNodes), depth: Int32(Limits.maximumDepth),
      nesting: Int32(Limits.maximumNesting),
      step: Int32(Limits.instructionStep))
    bridge = Bridge()
    guard
      let host = lh_new(
        &settings, Bridge.request, Unmanaged.passUnretained(bridge).toOpaque())
    else {
      throw ScriptError(
        message: "a Lua state does not fit into \(limits.memoryBytes) bytes",
        reason: .memory)
    }
    self.host = host
    input = lh_input(host, 256)
    self.watchdog = watchdog
    watched = watchdog.map { _ in WatchedMachine(host: host, limit: limits.secondsPerCall) }

    var functions: [RegisteredFunction] = []
    var failed = false
    func register(
      _ spec: FunctionSpec, method: Bool, _ add: (Int32) -> lh_status
    ) {
      failed = failed || add(Int32(functions.count)) != LH_OK
      functions.append(RegisteredFunction(spec: spec, isMethod: method))
    }
    for spec in library {
      register(spec, method: false) {
        if let script = spec.script {
          return lh_add_script_function(host, spec.name, script)
        }
        return lh_add_function(host, spec.name, $0)
      }
    }
    var types: [String: UInt32] = [:]
    for (number, type) in objectTypes.enumerated() {
      types[type.name] = UInt32(number)
      failed =
        failed || lh_add_object_type(host, type.name, Int32(number)) != LH_OK
      for method in type.methods {
        var named = method
        named.name = "\(type.name):\(method.name)"
        register(named, method: true) {
          if let script = method.script {
            return lh_add_script_method(
              host, Int32(number), method.name, named.name, script)
          }
          return lh_add_method(
            host, Int32(number), method.name, named.name, $0)
        }
      }
    }
    self.functions = functions
    self.objectTypes = types
    objectTypeNames = objectTypes.map(\.name)
    if failed || lh_seal(host) != LH_OK {
      throw ScriptError(
        message: "the script library does not fit into "
          + "\(limits.memoryBytes) bytes", reason: .memory)
    }
    bridge.machine = self
    if let watched { watchdog?.add(watched) }
  }

  deinit {
    if let watched { watchdog?.remove(watched) }
    lh_free(host)
  }

  /// Bytes the state holds now.
  public var memoryInUse: Int {
    checkThread()
    return lh_memory_used(host)
  }

  /// Bytes taken from the system for small blocks, in use or kept for later; at
  /// most `Limits.memoryBytes`.
  public var memoryReserved: Int {
    checkThread()
    return lh_memory_reserved(host)
  }

  /// Calls a function of this machine.
  ///
  /// - Parameters:
  ///   - function: a function this machine returned.
  ///   - arguments: copied into the state; changing them there changes nothing
  ///     here.
  ///   - activity: what the program is doing, for the error message and the
  ///     watchdog.
  /// - Returns: the first result, `.nil` when there is none.
  /// - Throws: `ScriptError` with the line, for an error in the script, a limit
  ///   exceeded, or a result that is not plain data.
  public func call(
    _ function: LuaFunction, _ arguments: [LuaValue], activity: Activity? = nil
  ) throws(ScriptError) -> LuaValue {
    try call(function, count: arguments.count, activity: activity) {
      writer throws(ScriptError) in
      for argument in arguments { try writer.value(argument) }
    }
  }

  /// The same for `count` arguments that `write` writes.
  public func call(
    _ function: LuaFunction, count: Int, activity: Activity? = nil,
    write: (inout ArgumentWriter) throws(ScriptError) -> Void
  ) throws(ScriptError) -> LuaValue {
    enter(activity, function)
    defer { leave() }
    checkOwner(function.reference)
    var result = lh_result()
    do throws(ScriptError) {
      var writer = ArgumentWriter(self)
      try write(&writer)
      let status = lh_call(
        host, function.id, Int32(count), Int64(limits.instructionsPerCall), &result)
      guard status == LH_OK else {
        throw failure(status, budget: limits.instructionsPerCall)
      }
      return try value(of: result)
    } catch {
      var error = error
      if error.file == nil, let location = function.location {
        error.file = location.file
        error.line = location.line
        error.sourceLine = location.script?.line(location.line)
      }
      if error.context == nil { error.context = activity?.description }
      throw error
    }
  }

  /// Calls a function and checks its result.
  ///
  /// - Parameters:
  ///   - name: what the function is called in messages, such as `reward`.
  ///   - type: what it must return; a number out of range, NaN, or a numeric
  ///     string is an error at the function's line.
  public func call(
    _ function: LuaFunction, _ arguments: [LuaValue], name: String,
    returning type: FieldType, activity: Activity? = nil
  ) throws(ScriptError) -> LuaValue {
    let result = try call(function, arguments, activity: activity)
    do throws(ScriptError) {
      return try type.validate(result, path: name, at: function.location)
    } catch {
      var error = error
      error.context = activity?.description
      throw error
    }
  }

  /// Hexadecimal SHA-256 of what the function computes: its code without line
  /// numbers, and all tables and functions it refers to. Comments and edits
  /// elsewhere leave it as it is. Host functions count as part of the program.
  public func fingerprint(
    of function: LuaFunction
  ) throws(ScriptError) -> String {
    enter()
    defer { leave() }
    checkOwner(function.reference)
    var bytes: UnsafePointer<UInt8>?
    var size = 0
    let status = lh_fingerprint(host, function.id, &bytes, &size)
    guard status == LH_OK else { throw failure(status, budget: 100_000_000) }
    return hexadecimal(
      SHA256.hash(data: UnsafeRawBufferPointer(start: bytes, count: size)))
  }

  func value(of result: lh_result) throws(ScriptError) -> LuaValue {
    switch Int(result.tag) {
    case Int(LH_NIL): return .nil
    case Int(LH_FALSE): return .boolean(false)
    case Int(LH_TRUE): return .boolean(true)
    case Int(LH_INTEGER) where result.bytes == nil:
      return .integer(result.integer)
    case Int(LH_NUMBER) where result.bytes == nil:
      return .number(result.number)
    default:
      var decoder = ValueDecoder(self, result.bytes)
      return try decoder.value()
    }
  }

  // MARK: Entry and exit

  func checkThread() {
    precondition(
      pthread_equal(thread, pthread_self()) != 0,
      "a LuaVM may only be used on the thread that made it")
  }

  /// - Parameters: what the program is doing, and the function it calls, for
  ///   the watchdog.
  func enter(_ activity: Activity? = nil, _ function: LuaFunction? = nil) {
    checkThread()
    for id in released.take() { lh_release(host, id) }
    if lh_depth(host) == 0 {
      printedBytes = 0
      let entry = lh_begin(host)
      currentEpoch = Int64(entry)
      watched?.open(entry, activity, function?.reference)
    } else {
      watched?.leaveHost()
    }
  }

  func leave() {
    if lh_depth(host) == 0 {
      if !callObjects.isEmpty { callObjects.removeAll(keepingCapacity: true) }
      if !loading.isEmpty { loading.removeAll() }
      watched?.close()
    } else {
      watched?.enterHost()
    }
  }

  func checkOwner(_ reference: FunctionReference) {
    precondition(
      reference.released === released,
      "a function or shared value can only be used with the LuaVM it came from")
  }

  /// Charges work done by the host to the open call, in instructions. A call
  /// over its budget ends when the host function returns.
  public func charge(_ instructions: Int) {
    checkThread()
    _ = lh_charge(host, Int64(instructions))
  }

  /// A handle that other threads may use to end the call that is running.
  public var interrupt: LuaInterrupt { LuaInterrupt(self) }
}

@available(*, unavailable)
extension LuaVM: Sendable {}

/// What C calls back; kept apart from the machine so that the state can exist
/// before the machine is complete.
///
/// The machine owns the bridge and the state, so the reference back is valid
/// whenever the state runs.
final class Bridge {
  unowned(unsafe) var machine: LuaVM?

  static let request: lh_request = {
    context, function, count, bytes, size, source, line in
    let bridge = Unmanaged<Bridge>.fromOpaque(context!).takeUnretainedValue()
    return bridge.machine!.answer(
      function: function, count: Int(count), bytes: bytes!, source: source,
      line: line)
  }
}

/// A registered function, by reference because every call looks it up.
final class RegisteredFunction {
  let spec: FunctionSpec
  let isMethod: Bool

  init(spec: FunctionSpec, isMethod: Bool) {
    self.spec = spec
    self.isMethod = isMethod
  }
}
