public import Foundation

/// Trains a byte-level byte-pair encoding.
///
/// Source: Sennrich, Haddow and Birch, "Neural machine translation of rare words
/// with subword units" (2016), over bytes and with the word pattern of GPT-2.
/// Equal texts, in any order, give equal bytes: of several pairs with the same
/// count, the one with the smaller ids is merged first, which is also the choice
/// of Hugging Face's `BpeTrainer`.
public struct TokenizerTrainer {
  /// Trains, and returns a tokenizer.json that the `tokenizers` library and
  /// `Tokenizer` read.
  ///
  /// - Parameters:
  ///   - texts: the corpus. The names of special tokens in it are not counted.
  ///   - vocabularySize: number of ids: special tokens, then 256 bytes, then one
  ///     for each merge. When the texts run out of pairs there are fewer; ask the
  ///     tokenizer for its `vocabularySize`.
  ///   - specialTokens: ids 0, 1, … in the order given; distinct and not empty.
  public static func train(
    on texts: some Sequence<String>, vocabularySize: Int, specialTokens: [String]
  ) -> Data {
    precondition(
      Set(specialTokens).count == specialTokens.count && !specialTokens.contains(""),
      "special tokens must be distinct and not empty, got \(specialTokens)")
    precondition(
      vocabularySize >= specialTokens.count + 256,
      "a byte-level vocabulary needs \(specialTokens.count + 256) entries, got \(vocabularySize)")
    let words = count(texts, specialTokens)
    var trainer = TokenizerTrainer(words: words, specialTokens: specialTokens)
    trainer.learn(vocabularySize: vocabularySize)
    return Data((trainer.json().text(indentedDepth: 3) + "\n").utf8)
  }

  private let specialTokens: [String]
  /// Bytes of each id; special tokens first.
  private var pieces: [[UInt8]]
  /// Ids by bytes. Special tokens are not in it, and no merge makes one: their
  /// names are cut out of the texts.
  private var ids: [[UInt8]: Int32] = [:]
  private var merges: [Pair] = []
  /// Symbols of each distinct word, and how often the word occurs.
  private var words: [[Int32]]
  private let wordCounts: [Int]
  /// How often each pair of neighbours occurs, and in which words it has ever been.
  private var pairCounts: [Pair: Int] = [:]
  private var places: [Pair: Set<Int32>] = [:]
  private var queue = TokenizerHeap<Candidate>()

  private struct Pair: Hashable, Comparable {
    let left: Int32
    let right: Int32

    static func < (a: Pair, b: Pair) -> Bool { (a.left, a.right) < (b.left, b.right) }
  }

  /// The least candidate is the one to merge: highest count, then smallest ids.
  private struct Candidate: Comparable {
    let count: Int
    let pair: Pair

    static func < (a: Candidate, b: Candidate) -> Bool {
      a.count != b.count ? a.count > b.count : a.pair < b.pair
    }
  }

  private init(words counted: [(bytes: [UInt8], count: Int)], specialTokens: [String]) {
    self.specialTokens = specialTokens
    pieces = specialTokens.map { Array($0.utf8) }
    // Bytes by their stand-in character, as Hugging Face orders them.
    let order = (0..<256).sorted {
      TokenizerAlphabet.characters[$0] < TokenizerAlphabet.characters[$1]
    }
    var byteTokens = [Int32](repeating: 0, count: 256)
    for byte in order {
      byteTokens[byte] = Int32(pieces.count)
      ids[[UInt8(byte)]] = Int32(pieces.count)
      pieces.append([UInt8(byte)])
    }
    words = counted.map { $0.bytes.map { byteTokens[Int($0)] } }
    wordCounts = counted.map(\.count)
  }

  private mutating func learn(vocabularySize: Int) {
    for word in words.indices {
      for (pair, count) in neighbours(word) { add(count, to: pair, in: word) }
    }
    for (pair, count) in pairCounts { queue.insert(Candidate(count: count, pair: pair)) }

    var merged: Set<Pair> = []
    while pieces.count < vocabularySize, let candidate = queue.removeFirst() {
      let pair = candidate.pair
      let count = pairCounts[pair, default: 0]
      guard count > 0 else { continue }
      guard count == candidate.count else {
        // Counts change without touching the queue; a stale entry goes back in.
        if count < candidate.count { queue.insert(Candidate(count: count, pair: pair)) }
        continue
      }
      let bytes = pieces[Int(pair.left)] + pieces[Int(pair.right)]
      let token = ids[bytes] ?? Int32(pieces.count)
      if ids[bytes] == nil {
        ids[bytes] = token
        pieces.append(bytes)
      }
      // A pair can come back when its parts are made in another way; its rank
      // stays that of the first time.
      if merged.insert(pair).inserted { merges.append(pair) }
      merge(pair, into: token)
    }
  }

  /// Replaces the pair in every word that holds it, and brings the counts up to
  /// date.
  private mutating func merge(_ pair: Pair, into token: Int32) {
    var risen: Set<Pair> = []
    for place in places.removeValue(forKey: pair) ?? [] {
      let word = Int(place)
      for (other, count) in neighbours(word) { pairCounts[other, default: 0] -= count }
      let symbols = words[word]
      var replaced: [Int32] = []
      replaced.reserveCapacity(symbols.count)
      var index = 0
      while index < symbols.count {
        if index + 1 < symbols.count, symbols[index] == pair.left,
          symbols[index + 1] == pair.right
        {
          replaced.append(token)
          index += 2
        } else {
          replaced.append(symbols[index])
          index += 1
        }
      }
      words[word] = replaced
      for (other, count) in neighbours(word) {
        add(count, to: other, in: word)
        if other.left == token || other.right == token { risen.insert(other) }
      }
    }
    for other in risen {
      queue.insert(Candidate(count: pairCounts[other, default: 0], pair: other))
    }
  }

  private mutating func add(_ count: Int, to pair: Pair, in word: Int) {
    pairCounts[pair, default: 0] += count
    places[pair, default: []].insert(Int32(word))
  }

  /// The word's neighbouring symbols, each with the word's count.
  private func neighbours(_ word: Int) -> [(Pair, Int)] {
    let symbols = words[word]
    return zip(symbols, symbols.dropFirst()).map {
      (Pair(left: $0, right: $1), wordCounts[word])
    }
  }
}

extension TokenizerTrainer {
  /// The distinct words of the texts, in the order of their bytes.
  private static func count(
    _ texts: some Sequence<String>, _ specialTokens: [String]
  ) -> [(bytes: [UInt8], count: Int)] {
    let matcher = TokenizerMatcher(
      specialTokens.enumerated().map {
        .init(id: Int32($0), content: $1, isSpecial: true, isNormalized: false)
      })
    var table = TokenizerByteTable()
    var counts: [(bytes: [UInt8], count: Int)] = []
    func add(_ stretch: ArraySlice<UInt8>) {
      stretch.withUnsafeBufferPointer { text in
        var start = 0
        while start < text.count {
          let end = TokenizerPattern.gpt2.endOfWord(text, from: start)
          let word = UnsafeBufferPointer(rebasing: text[start..<end])
          if let index = table.value(word) {
            counts[Int(index)].count += 1
          } else {
            table.insert(word, Int32(counts.count))
            counts.append((Array(word), 1))
          }
          start = end
        }
      }
    }
    for text in texts { matcher.split(Array(text.utf8), text: add, token: { _ in }) }
    return counts.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  /// The fields of tokenizer.json, in the order in which the library writes them.
  private func json() -> CheckpointJSON {
    func object(_ members: KeyValuePairs<String, CheckpointJSON>) -> CheckpointJSON {
      .object(members.map { .init(key: $0.key, value: $0.value) })
    }
    func byteLevel(usesExpression: Bool) -> CheckpointJSON {
      object([
        "type": .string("ByteLevel"), "add_prefix_space": .boolean(false),
        "trim_offsets": .boolean(true), "use_regex": .boolean(usesExpression),
      ])
    }
    func spelling(_ id: Int32) -> String {
      Int(id) < specialTokens.count
        ? specialTokens[Int(id)] : TokenizerAlphabet.spelling(of: pieces[Int(id)])
    }
    let added = specialTokens.enumerated().map { id, content in
      object([
        "id": .integer(id), "content": .string(content), "single_word": .boolean(false),
        "lstrip": .boolean(false), "rstrip": .boolean(false), "normalized": .boolean(false),
        "special": .boolean(true),
      ])
    }
    let vocabulary = pieces.indices.map {
      CheckpointJSON.Member(key: spelling(Int32($0)), value: .integer($0))
    }
    let model = object([
      "type": .string("BPE"), "dropout": .null, "unk_token": .null,
      "continuing_subword_prefix": .null, "end_of_word_suffix": .null,
      "fuse_unk": .boolean(false), "byte_fallback": .boolean(false),
      "ignore_merges": .boolean(false), "vocab": .object(vocabulary),
      "merges": .array(merges.map { .string(spelling($0.left) + " " + spelling($0.right)) }),
    ])
    return object([
      "version": .string("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": .array(added), "normalizer": .null,
      "pre_tokenizer": byteLevel(usesExpression: true),
      "post_processor": byteLevel(usesExpression: true),
      "decoder": byteLevel(usesExpression: true), "model": model,
    ])
  }
}
