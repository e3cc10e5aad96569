import CLuaHost

/// Writes values into the state's input buffer, in the byte stream of
/// `CLuaHost/values.c`.
struct ValueEncoder {
  private let machine: LuaVM
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private var size = 0

  init(_ machine: LuaVM) {
    self.machine = machine
    base = UnsafeMutableRawPointer(machine.input)
    capacity = machine.inputCapacity
  }

  @inline(__always)
  private mutating func room(_ count: Int) throws(ScriptError) {
    if size + count > capacity { try grow(count) }
  }

  private mutating func grow(_ count: Int) throws(ScriptError) {
    let wanted = max(
      size + count, min(2 * capacity, machine.limits.memoryBytes))
    guard wanted <= machine.limits.memoryBytes,
      let pointer = lh_input(machine.host, wanted)
    else {
      throw ScriptError(
        message: "a value of over \(size) bytes is too large for the script's "
          + "memory limit of \(machine.limits.memoryBytes) bytes",
        reason: .memory)
    }
    machine.input = pointer
    machine.inputCapacity = wanted
    base = UnsafeMutableRawPointer(pointer)
    capacity = wanted
  }

  @inline(__always)
  private mutating func put<T: BitwiseCopyable>(_ value: T) {
    base.storeBytes(of: value, toByteOffset: size, as: T.self)
    size += MemoryLayout<T>.size
  }

  @inline(__always)
  private mutating func tag(_ tag: Int) { put(UInt8(truncatingIfNeeded: tag)) }

  mutating func append(_ number: Double) throws(ScriptError) {
    try room(9)
    tag(Int(LH_NUMBER))
    put(number)
  }

  mutating func append(_ name: StaticString) throws(ScriptError) {
    try room(13)
    tag(Int(LH_NAME))
    put(UInt64(UInt(bitPattern: name.utf8Start)))
    put(UInt32(name.utf8CodeUnitCount))
  }

  mutating func append(_ value: SharedValue) throws(ScriptError) {
    machine.checkOwner(value.reference)
    try room(9)
    // The state keeps functions and shared values in one table.
    tag(Int(LH_FUNCTION))
    put(value.reference.id)
  }

  mutating func beginTable(elements: Int, fields: Int) throws(ScriptError) {
    try room(9)
    tag(Int(LH_TABLE))
    put(UInt32(elements))
    put(UInt32(fields))
  }

  mutating func append(_ string: String) throws(ScriptError) {
    var string = string
    let count = string.utf8.count
    try room(5 + count)
    tag(Int(LH_STRING))
    put(UInt32(count))
    string.withUTF8 { bytes in
      if let start = bytes.baseAddress {
        (base + size).copyMemory(from: start, byteCount: count)
      }
    }
    size += count
  }

  mutating func append(
    _ value: LuaValue, depth: Int = 0
  ) throws(ScriptError) {
    switch value {
    case .nil:
      try room(1)
      tag(Int(LH_NIL))
    case .boolean(let flag):
      try room(1)
      tag(Int(flag ? LH_TRUE : LH_FALSE))
    case .integer(let number):
      try room(9)
      tag(Int(LH_INTEGER))
      put(number)
    case .number(let number):
      try append(number)
    case .string(let string):
      try append(string)
    case .table(let table):
      try append(table, depth: depth)
    case .function(let function):
      machine.checkOwner(function.reference)
      try room(9)
      tag(Int(LH_FUNCTION))
      put(function.id)
    case .object(let object):
      let identity = machine.identity(of: object)
      try room(21)
      tag(Int(LH_OBJECT))
      put(identity.type)
      put(identity.index)
      put(identity.epoch)
    }
  }

  private mutating func append(
    _ table: LuaTable, depth: Int
  ) throws(ScriptError) {
    guard depth < Limits.maximumDepth else {
      throw ScriptError(
        message: "tables are nested deeper than \(Limits.maximumDepth) levels")
    }
    if let kind = table.kind {
      try room(1)
      tag(Int(LH_TAGGED))
      try append(kind)
      try append(table.location?.file ?? "")
      try room(12)
      put(UInt32(table.location?.line ?? 0))
    } else {
      try room(9)
      tag(Int(LH_TABLE))
    }
    put(UInt32(table.array.count))
    put(UInt32(table.fields.count))
    for element in table.array { try append(element, depth: depth + 1) }
    let keys = table.fields.keys.elements
    let values = table.fields.values.elements
    for index in keys.indices {
      try append(keys[index])
      try append(values[index], depth: depth + 1)
    }
  }
}
