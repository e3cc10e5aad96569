internal import Foundation

/// The most memory that this process has held, where the system says.
enum PeakMemory {
  /// Forgets what was held before.
  static func reset() {
    #if os(Linux)
      // Where it is refused, the figure is of the whole process.
      try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
    #endif
  }

  /// Bytes since `reset`; nil where the system does not say.
  static var bytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
    else { return nil }
    return Int(kibibytes).map { $0 << 10 }
  }
}
