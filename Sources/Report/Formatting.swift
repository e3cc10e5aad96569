internal import Foundation

/// How numbers are written in reports.
enum Formatting {
  /// Two decimals, or "–" when there is no value.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let text = String(format: "%.2f", value)
    return text == "-0.00" ? "0.00" : text
  }

  /// Such as "+0.12" or "−0.03".
  static func signed(_ value: Double) -> String {
    (value < 0 ? "−" : "+") + number(abs(value))
  }

  /// Such as "0.62 [0.55, 0.70]".
  static func interval(_ mean: Double, _ low: Double, _ high: Double) -> String {
    guard mean.isFinite else { return "–" }
    guard low.isFinite, high.isFinite else { return number(mean) }
    return "\(number(mean)) [\(number(low)), \(number(high))]"
  }

  /// Such as "12.3 s", "4 min 05 s" or "2 h 10 min".
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "–" }
    if seconds < 59.95 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    let minutes = Int((seconds / 60).rounded())
    return String(format: "%d h %02d min", minutes / 60, minutes % 60)
  }

  /// Such as "2.1 %".
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    return String(format: "%.1f %%", share * 100)
  }

  /// Such as "2026-11-22 18:47 UTC".
  static func minute(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyy-MM-dd HH:mm 'UTC'"
    return formatter.string(from: date)
  }

  /// The path as seen from the working directory, when it is below it.
  static func path(_ url: URL) -> String {
    let base = FileManager.default.currentDirectoryPath
    let prefix = base.hasSuffix("/") ? base : base + "/"
    let path = url.path
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}
