import Synchronization

/// A function that lives in a Lua state. Only the `LuaVM` it came from can call
/// it; holding the value keeps the function alive.
public struct LuaFunction: Sendable, Hashable {
  let reference: FunctionReference

  /// Number of the function within its virtual machine.
  public var id: Int64 { reference.id }
  /// Where the function is defined; nil for one that is not written in Lua.
  public var location: SourceLocation? { reference.location }

  public static func == (a: LuaFunction, b: LuaFunction) -> Bool {
    a.reference.id == b.reference.id
      && a.reference.released === b.reference.released
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(reference.id) }
}

/// One entry of a state's function table, given back when the last copy of the
/// `LuaFunction` goes away, on whatever thread that happens.
final class FunctionReference: Sendable {
  let id: Int64
  let location: SourceLocation?
  /// Also the identity of the virtual machine.
  let released: ReleasedFunctions

  init(id: Int64, location: SourceLocation?, released: ReleasedFunctions) {
    self.id = id
    self.location = location
    self.released = released
  }

  deinit { released.add(id) }
}

/// References no longer held; the virtual machine empties the list when it is
/// next entered, on its own thread.
final class ReleasedFunctions: Sendable {
  private let ids = Mutex<[Int64]>([])
  private let waiting = Atomic<Bool>(false)

  func add(_ id: Int64) {
    ids.withLock { $0.append(id) }
    waiting.store(true, ordering: .releasing)
  }

  func take() -> [Int64] {
    guard waiting.load(ordering: .acquiring) else { return [] }
    return ids.withLock { list in
      waiting.store(false, ordering: .relaxed)
      defer { list.removeAll(keepingCapacity: true) }
      return list
    }
  }
}
