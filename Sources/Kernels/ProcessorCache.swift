internal import Foundation

/// The cache that a processor's cores share.
public enum ProcessorCache {
  /// Bytes of the first processor's last cache before memory, as Linux tells them;
  /// nil where it does not. (The C library's own answer adds up those of a whole
  /// socket, of which a core reaches one alone.)
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
