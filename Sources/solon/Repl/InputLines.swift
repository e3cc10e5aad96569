import Foundation

/// The lines of a descriptor, each as soon as it is there.
struct InputLines: Sequence, IteratorProtocol {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// The next line without its line break, nil at the end. The last one may
  /// lack a line break.
  mutating func next() -> Result<String, ReplError>? {
    var searched = 0
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { buffer.removeSubrange(...end) }
        return text(buffer[..<end])
      }
      searched = buffer.count
      if isAtEnd {
        guard !buffer.isEmpty else { return nil }
        defer { buffer = [] }
        return text(buffer[...])
      }
      fill()
    }
  }

  private mutating func fill() {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &chunk, chunk.count)
    if count > 0 {
      buffer += chunk.prefix(count)
    } else if count == 0 || errno != EINTR {
      isAtEnd = true
    }
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> Result<String, ReplError> {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failure(.notText)
    }
    return .success(text)
  }
}
