/// The merges of a byte-pair encoding: (left id, right id) to rank and new id,
/// in an open-addressing table.
struct TokenizerMerges: Sendable {
  struct Merge: Hashable, Sendable {
    /// Position in the list of merges: the lower, the earlier applied.
    let rank: Int32
    /// The token that the pair becomes.
    let token: Int32
  }

  private let mask: Int
  /// `left << 32 | right`, or -1 where free.
  private var keys: [Int64]
  private var merges: [Merge]

  /// `pairs[rank]` merges into `tokens[rank]`; of a repeated pair the last counts,
  /// as in the `tokenizers` library.
  init(pairs: [(left: Int32, right: Int32)], tokens: [Int32]) {
    var capacity = 16
    while capacity < 2 * pairs.count { capacity *= 2 }
    mask = capacity - 1
    keys = [Int64](repeating: -1, count: capacity)
    merges = [Merge](repeating: Merge(rank: 0, token: 0), count: capacity)
    for (rank, pair) in pairs.enumerated() {
      let key = Self.key(pair.left, pair.right)
      var slot = Self.slot(key) & mask
      while keys[slot] >= 0, keys[slot] != key { slot = (slot + 1) & mask }
      keys[slot] = key
      merges[slot] = Merge(rank: Int32(rank), token: tokens[rank])
    }
  }

  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let key = Self.key(left, right)
    var slot = Self.slot(key) & mask
    while keys[slot] >= 0 {
      if keys[slot] == key { return merges[slot] }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private static func key(_ left: Int32, _ right: Int32) -> Int64 {
    Int64(left) << 32 | Int64(right)
  }

  private static func slot(_ key: Int64) -> Int {
    // Fibonacci hashing: the high bits of a multiplication depend on all of the key.
    Int(truncatingIfNeeded: (UInt64(bitPattern: key) &* 0x9e37_79b9_7f4a_7c15) >> 32)
  }
}

extension TokenizerMerges {
  /// Merges the symbols of one word until no pair is left: always the pair of
  /// lowest rank, the leftmost of several. Source: Sennrich, Haddow and Birch,
  /// "Neural machine translation of rare words with subword units" (2016), in
  /// the order of the `tokenizers` library.
  func apply(to symbols: inout [Int32]) {
    // The scan is quadratic in the word's length, the queue is not.
    if symbols.count <= 48 { applyByScan(to: &symbols) } else { applyByQueue(to: &symbols) }
  }

  func applyByScan(to symbols: inout [Int32]) {
    while symbols.count > 1 {
      var best: Merge?
      var place = 0
      for index in 0..<symbols.count - 1 {
        guard let found = merge(symbols[index], symbols[index + 1]) else { continue }
        if let best, best.rank <= found.rank { continue }
        best = found
        place = index
      }
      guard let best else { return }
      symbols[place] = best.token
      symbols.remove(at: place + 1)
    }
  }

  func applyByQueue(to symbols: inout [Int32]) {
    let end = symbols.count
    var next = Array(1...max(1, end))
    var previous = Array(-1..<end - 1)
    var queue = TokenizerHeap<Candidate>()
    func enqueue(_ place: Int, _ queue: inout TokenizerHeap<Candidate>, _ symbols: [Int32]) {
      guard place >= 0, next[place] < end,
        let found = merge(symbols[place], symbols[next[place]])
      else { return }
      queue.insert(Candidate(rank: found.rank, place: place))
    }
    for place in 0..<end { enqueue(place, &queue, symbols) }
    while let candidate = queue.removeFirst() {
      let place = candidate.place
      // A candidate is stale when one of its symbols has since been merged.
      guard symbols[place] >= 0, next[place] < end,
        let found = merge(symbols[place], symbols[next[place]]),
        found.rank == candidate.rank
      else { continue }
      let eaten = next[place]
      symbols[place] = found.token
      symbols[eaten] = -1
      next[place] = next[eaten]
      if next[place] < end { previous[next[place]] = place }
      enqueue(previous[place], &queue, symbols)
      enqueue(place, &queue, symbols)
    }
    symbols.removeAll { $0 < 0 }
  }

  private struct Candidate: Comparable {
    let rank: Int32
    let place: Int

    static func < (left: Candidate, right: Candidate) -> Bool {
      (left.rank, left.place) < (right.rank, right.place)
    }
  }
}

/// Words already encoded. Bounded: it starts afresh when full.
struct TokenizerWordCache: Sendable {
  private var words = TokenizerByteTable()
  /// Word `i` became `tokens[starts[i]..<starts[i + 1]]`.
  private var starts = [0]
  private var tokens: [Int32] = []

  private static let maximumWords = 1 << 15
  /// Longer words are rare and seldom repeat.
  static let maximumLength = 64

  /// Appends the tokens of a known word; false when it is not known.
  func append(_ word: UnsafeBufferPointer<UInt8>, to output: inout [Int32]) -> Bool {
    guard let entry = words.value(word) else { return false }
    output.append(contentsOf: tokens[starts[Int(entry)]..<starts[Int(entry) + 1]])
    return true
  }

  mutating func insert(_ word: UnsafeBufferPointer<UInt8>, _ symbols: [Int32]) {
    guard word.count <= Self.maximumLength else { return }
    if words.count == Self.maximumWords { self = TokenizerWordCache() }
    guard words.insert(word, Int32(words.count)) else { return }
    tokens.append(contentsOf: symbols)
    starts.append(tokens.count)
  }
}
