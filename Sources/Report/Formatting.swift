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

extension Formatting {
  /// A whole number as such, others as `measured`; "–" when there is no value.
  static func precise(_ value: Double?) -> String {
    guard let value, value == value.rounded(), abs(value) < 1e6 else { return measured(value) }
    return "\(Int(value))".replacingOccurrences(of: "-", with: "−")
  }

  /// About three significant places, so that small differences show; "–" when
  /// there is no value.
  static func measured(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    let size = abs(value)
    if size >= 1e6 || (size > 0 && size < 0.0005) {
      return String(format: "%.2e", value).replacingOccurrences(of: "-", with: "−")
    }
    let text = String(
      format: size >= 100 ? "%.1f" : size >= 10 ? "%.2f" : "%.3f", size == 0 ? 0 : value)
    return text.replacingOccurrences(of: "-", with: "−")
  }

  /// Such as "[0.100, 0.250]"; "" without both ends.
  static func range(_ low: Double?, _ high: Double?) -> String {
    guard let low, let high, low.isFinite, high.isFinite else { return "" }
    return "[\(measured(low)), \(measured(high))]"
  }

  /// A probability such as "0.012" or "< 0.001".
  static func probability(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    return value < 0.001 ? "< 0.001" : String(format: "%.3f", value)
  }

  /// Such as "12 345".
  static func count(_ value: Int) -> String {
    let digits = Array("\(abs(value))")
    var text = value < 0 ? "−" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }

  /// Such as "412 kB".
  static func byteCount(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    if bytes < 1_000_000 { return "\((bytes + 500) / 1000) kB" }
    return String(format: "%.1f MB", Double(bytes) / 1e6)
  }
}
