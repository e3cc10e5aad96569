import CLuaHost

/// Reads values from a byte stream written by `CLuaHost/values.c`, which has
/// already checked depth, size, cycles and UTF-8.
struct ValueDecoder {
  private let machine: LuaVM
  private var bytes: UnsafeRawPointer

  init(_ machine: LuaVM, _ bytes: UnsafePointer<UInt8>) {
    self.machine = machine
    self.bytes = UnsafeRawPointer(bytes)
  }

  private mutating func take<T: BitwiseCopyable>(_ type: T.Type) -> T {
    defer { bytes += MemoryLayout<T>.size }
    return bytes.loadUnaligned(as: type)
  }

  /// The payload of an `LH_STRING`, after its tag.
  private mutating func takeString() -> String {
    let count = Int(take(UInt32.self))
    defer { bytes += count }
    return String(
      decoding: UnsafeRawBufferPointer(start: bytes, count: count),
      as: UTF8.self)
  }

  mutating func string() -> String {
    bytes += 1
    return takeString()
  }

  mutating func value() throws(ScriptError) -> LuaValue {
    switch Int(take(UInt8.self)) {
    case Int(LH_FALSE): return .boolean(false)
    case Int(LH_TRUE): return .boolean(true)
    case Int(LH_INTEGER): return .integer(take(Int64.self))
    case Int(LH_NUMBER): return .number(take(Double.self))
    case Int(LH_STRING): return .string(takeString())
    case Int(LH_TABLE): return .table(try contents())
    case Int(LH_TAGGED):
      let kind = string()
      let file = string()
      let line = Int(take(UInt32.self))
      return .table(
        try contents().tagged(kind, at: machine.location(file, line)))
    case Int(LH_FUNCTION):
      let id = take(Int64.self)
      let source = string()
      let line = Int(take(UInt32.self))
      let location = machine.location(String(source.dropFirst()), line)
      return .function(
        LuaFunction(
          reference: FunctionReference(
            id: id, location: location, released: machine.released)))
    case Int(LH_OBJECT):
      let type = take(UInt32.self)
      let index = take(Int64.self)
      let epoch = take(Int64.self)
      return .object(
        try machine.object(type: type, index: index, epoch: epoch))
    default: return .nil
    }
  }

  private mutating func contents() throws(ScriptError) -> LuaTable {
    let elements = Int(take(UInt32.self))
    let fields = Int(take(UInt32.self))
    var table = LuaTable()
    if elements > 0 {
      table.array.reserveCapacity(elements)
      for _ in 0..<elements { table.array.append(try value()) }
    }
    if fields > 0 {
      table.fields.reserveCapacity(fields)
      for _ in 0..<fields {
        let key = string()
        if case .some = table.fields.updateValue(try value(), forKey: key) {
          throw ScriptError(
            message: "the keys '\(escapingControls(in: key))' differ only in how Unicode spells "
              + "them; use one spelling")
        }
      }
    }
    return table
  }
}
