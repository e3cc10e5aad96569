public import Foundation
internal import GRDB

// The memo only ever holds what succeeded: callers store a value once they
// have it, and nothing else is kept.
extension RunStore {
  /// The remembered value of each key, in the order of `keys`; nil for keys
  /// not seen yet.
  public func memo(_ keys: [Data]) throws(StoreError) -> [Data?] {
    guard !keys.isEmpty else { return [] }
    return try read("look into the memo") { database in
      let statement = try database.cachedStatement(
        sql: "SELECT value FROM memoCall WHERE key = ?")
      return try keys.map { try Data.fetchOne(statement, arguments: [$0]) }
    }
  }

  /// Remembers values by key, in one transaction. A key that is known keeps
  /// its first value, so that two processes agree.
  public func memoise(_ pairs: [(Data, Data)]) throws(StoreError) {
    guard !pairs.isEmpty else { return }
    try write("add to the memo") { database in
      let statement = try database.cachedStatement(
        sql: "INSERT OR IGNORE INTO memoCall (key, value, createdAt) VALUES (?, ?, ?)")
      let now = Date()
      for (key, value) in pairs {
        try statement.execute(arguments: [key, value, now])
      }
    }
  }

  /// What was remembered of a whole stage with this fingerprint.
  ///
  /// - Returns: nil when there is nothing, or nothing that decodes as
  ///   `Payload`, as after a change of the type: the stage is then computed
  ///   again.
  public func stageMemo<Payload: Decodable>(
    _ fingerprint: String, as type: Payload.Type = Payload.self
  ) throws(StoreError) -> Payload? {
    let text = try read("look into the memo") { database in
      try String.fetchOne(
        database, sql: "SELECT payload FROM memoStage WHERE fingerprint = ?",
        arguments: [fingerprint])
    }
    guard let text else { return nil }
    return try? JSONDecoder().decode(type, from: Data(text.utf8))
  }

  /// Remembers the result of a whole stage; replaces what was known.
  public func memoiseStage(
    _ fingerprint: String, _ payload: some Encodable
  ) throws(StoreError) {
    try write("add to the memo") { database in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let text = String(decoding: try encoder.encode(payload), as: UTF8.self)
      try database.execute(
        sql: """
          INSERT OR REPLACE INTO memoStage (fingerprint, payload, createdAt)
          VALUES (?, ?, ?)
          """,
        arguments: [fingerprint, text, Date()])
    }
  }
}
