internal import GRDB

/// A record kept in a table of its own.
///
/// The public records are plain Codable values, so that nobody above this
/// target needs to import GRDB; `StoredRow` does the talking to it.
protocol TableRecordValue: Codable, Sendable {
  static var table: String { get }
  /// Whether storing a row that breaks a uniqueness rule updates the old one.
  static var replaces: Bool { get }
  /// The record as it can be stored.
  func storable() -> Self
}

extension TableRecordValue {
  func storable() -> Self { self }
}

extension String {
  /// The text with each NUL, at which SQLite would end it, as the visible
  /// symbol for NUL. Models write any byte there is.
  var withoutNUL: String {
    utf8.contains(0) ? replacing("\0", with: "\u{2400}") : self
  }
}

/// Bridges a Codable record to GRDB: columns are the record's coding keys.
struct StoredRow<Value: TableRecordValue>: Codable, FetchableRecord, PersistableRecord {
  var value: Value

  init(_ value: Value) { self.value = value.storable() }
  init(from decoder: any Decoder) throws { value = try Value(from: decoder) }
  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }

  static var databaseTableName: String { Value.table }

  /// Inserts the row; where `replaces`, a known row takes the new values and
  /// keeps its place in the table.
  func store(_ database: Database) throws {
    if Value.replaces {
      try upsert(database)
    } else {
      try insert(database)
    }
  }
}

extension TableRecordValue {
  /// The rows a statement selects, decoded.
  static func fetch(
    _ database: Database, _ sql: String, _ arguments: StatementArguments = []
  ) throws -> [Self] {
    try StoredRow<Self>.fetchAll(database, sql: sql, arguments: arguments).map(\.value)
  }
}
