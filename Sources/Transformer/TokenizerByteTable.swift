/// A map from byte strings to numbers: open addressing over one arena, so that
/// neither a lookup nor, on average, an insertion allocates. Keys are compared
/// byte by byte; `Dictionary<String, …>` would compare by canonical equivalence.
struct TokenizerByteTable: Sendable {
  /// Index of an entry, or -1 where free; a power of two.
  private var slots: [Int32] = [-1, -1, -1, -1, -1, -1, -1, -1]
  private var hashes: [UInt32] = []
  /// Entry `i` is `arena[starts[i]..<starts[i + 1]]`.
  private var starts: [Int] = [0]
  private var arena: [UInt8] = []
  private var values: [Int32] = []

  var count: Int { values.count }
  /// Bytes of all keys.
  var arenaCount: Int { arena.count }

  func value(_ key: UnsafeBufferPointer<UInt8>) -> Int32? {
    let hash = Self.hash(key)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if hashes[entry] == hash, matches(entry, key) { return values[entry] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  func value(_ key: some Collection<UInt8>) -> Int32? {
    key.withContiguousStorageIfAvailable { value($0) }
      ?? Array(key).withUnsafeBufferPointer { value($0) }
  }

  /// Adds an entry, or leaves the table as it is and returns false when the key
  /// is there already.
  @discardableResult
  mutating func insert(_ key: UnsafeBufferPointer<UInt8>, _ value: Int32) -> Bool {
    if 2 * (count + 1) > slots.count { grow() }
    let hash = Self.hash(key)
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while slots[slot] >= 0 {
      let entry = Int(slots[slot])
      if hashes[entry] == hash, matches(entry, key) { return false }
      slot = (slot + 1) & mask
    }
    slots[slot] = Int32(count)
    hashes.append(hash)
    arena.append(contentsOf: key)
    starts.append(arena.count)
    values.append(value)
    return true
  }

  @discardableResult
  mutating func insert(_ key: some Collection<UInt8>, _ value: Int32) -> Bool {
    // A contiguous key is read in place; others are copied once.
    if let added = key.withContiguousStorageIfAvailable({ insert($0, value) }) { return added }
    return Array(key).withUnsafeBufferPointer { insert($0, value) }
  }

  private func matches(_ entry: Int, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
    let start = starts[entry]
    guard starts[entry + 1] - start == key.count else { return false }
    for index in 0..<key.count where arena[start + index] != key[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    for (entry, hash) in hashes.enumerated() {
      var slot = Int(hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(entry)
    }
  }

  /// 32-bit FNV-1a with a final mix, since the low bits choose the slot.
  private static func hash(_ key: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    for byte in key { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    hash ^= hash >> 15
    hash &*= 0x85eb_ca6b
    return hash ^ hash >> 13
  }
}
