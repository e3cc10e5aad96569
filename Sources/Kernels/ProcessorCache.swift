internal import Foundation

/// The largest of a processor's caches.
public enum ProcessorCache {
  /// Bytes of the last cache between the first core and memory, as Linux tells them;
  /// nil where it does not. Other cores may share it. (`sysconf` gives the sum over a
  /// socket, which may be of many such caches.)
  public static let lastLevelByteCount: Int? = {
    let folder = "/sys/devices/system/cpu/cpu0/cache"
    func read(_ index: Int, _ name: String) -> String? {
      (try? String(contentsOfFile: "\(folder)/index\(index)/\(name)", encoding: .utf8))?
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let caches = (0..<8).compactMap { index -> (level: Int, bytes: Int)? in
      guard let level = read(index, "level").flatMap(Int.init),
        let size = read(index, "size"), size.hasSuffix("K"), let kilobytes = Int(size.dropLast())
      else { return nil }
      return (level, kilobytes << 10)
    }
    return caches.max { $0.level < $1.level }?.bytes
  }()
}
