/// Finds added tokens in text: at each place the longest that starts there, from
/// left to right, without overlaps.
struct TokenizerMatcher: Sendable {
  private struct Candidate: Sendable {
    let content: [UInt8]
    let id: Int32
  }

  /// Candidates by first byte, the longest first.
  private var candidates = [[Candidate]](repeating: [], count: 256)
  let isEmpty: Bool

  init(_ tokens: [TokenizerDefinition.AddedToken]) {
    isEmpty = tokens.isEmpty
    for token in tokens.sorted(by: { $0.content.utf8.count > $1.content.utf8.count }) {
      let content = Array(token.content.utf8)
      candidates[Int(content[0])].append(Candidate(content: content, id: token.id))
    }
  }

  /// Calls `text` for each stretch between tokens that is not empty, and `token`
  /// for each token, in order.
  func split(
    _ bytes: [UInt8], text: (ArraySlice<UInt8>) -> Void, token: (Int32) -> Void
  ) {
    guard !isEmpty else {
      if !bytes.isEmpty { text(bytes[...]) }
      return
    }
    var start = 0
    var index = 0
    while index < bytes.count {
      let here = candidates[Int(bytes[index])]
      if !here.isEmpty,
        let found = here.first(where: { bytes[index...].starts(with: $0.content) })
      {
        if start < index { text(bytes[start..<index]) }
        token(found.id)
        index += found.content.count
        start = index
      } else {
        index += 1
      }
    }
    if start < bytes.count { text(bytes[start...]) }
  }
}
