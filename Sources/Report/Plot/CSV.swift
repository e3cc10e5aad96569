internal import Foundation

/// Tables as comma-separated values (RFC 4180).
enum CSV {
  static func text(_ rows: [[String]]) -> String {
    rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func field(_ text: String) -> String {
    // By scalars: a carriage return and a line feed are one character.
    let special = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    let isPadded = text.first == " " || text.last == " "
    guard special || isPadded else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
