internal import Crypto
public import Foundation
internal import Synchronization

/// A byte-level byte-pair encoding, as in a Hugging Face `tokenizer.json`.
///
/// Encoding gives the same ids as the `tokenizers` library without its
/// post-processor: no begin-of-text token is added by itself. `truncation` and
/// `padding` in the file are the caller's business and are not applied. Equal
/// files and texts give equal ids on any machine and thread.
public final class Tokenizer: Sendable {
  /// A stretch of text to encode, and whether special tokens may come from it.
  public struct Segment: Hashable, Sendable {
    public var text: String
    /// False for data, such as what a user wrote: there a special token's name
    /// is ordinary text.
    public var allowsSpecialTokens: Bool

    public init(_ text: String, allowsSpecialTokens: Bool) {
      self.text = text
      self.allowsSpecialTokens = allowsSpecialTokens
    }
  }

  /// The tokenizer.json that this was read from, byte for byte.
  public let json: Data
  /// The tokenizer_config.json beside it, if there was one.
  public let configurationJSON: Data?
  /// Number of ids: the highest plus one.
  public var vocabularySize: Int { definition.size }
  /// SHA-256, in hexadecimal, of all that decides what text encodes and decodes
  /// to. Two files that differ only in layout have one hash.
  public let hash: String
  /// The token that ends a document: the `eos_token` of tokenizer_config.json, or
  /// else the first that exists of `<|endoftext|>`, `<|end_of_text|>`, `</s>`,
  /// `<eos>`.
  public let endOfText: Int32?

  let definition: TokenizerDefinition
  private let merges: TokenizerMerges
  private let rawMatcher: TokenizerMatcher
  private let normalizedMatcher: TokenizerMatcher
  private let specialTokens: Set<Int32>
  /// Caches not in use: a call takes one, or starts one, and gives it back, so
  /// threads never wait for each other and share no state while they encode.
  private let idleCaches = Mutex<[TokenizerWordCache]>([])

  /// Reads tokenizer.json, and tokenizer_config.json beside it if it exists.
  /// Throws, by field name, on whatever this program would not do exactly.
  public convenience init(contentsOf tokenizerJSON: URL) throws(CheckpointError) {
    let sibling = tokenizerJSON.deletingLastPathComponent().appending(
      path: "tokenizer_config.json")
    try self.init(
      data: CheckpointFile.read(
        tokenizerJSON, hint: "a model directory needs the tokenizer.json it was trained with"),
      configuration: CheckpointFile.readIfPresent(sibling), path: tokenizerJSON.path)
  }

  /// - Parameters:
  ///   - data: the bytes of a tokenizer.json.
  ///   - configuration: the bytes of its tokenizer_config.json; names the end of text.
  ///   - path: the file's name in errors.
  public init(
    data: Data, configuration: Data? = nil, path: String = "tokenizer.json"
  ) throws(CheckpointError) {
    json = data
    configurationJSON = configuration
    definition = try TokenizerDefinition(json: CheckpointFile.parse(data, path), path: path)
    let added = definition.addedTokens
    merges = TokenizerMerges(pairs: definition.pairs, tokens: definition.pairTokens)
    rawMatcher = TokenizerMatcher(added.filter { !$0.isNormalized })
    normalizedMatcher = TokenizerMatcher(added.filter(\.isNormalized))
    specialTokens = Set(added.lazy.filter(\.isSpecial).map(\.id))
    hash = definition.contentHash()
    endOfText = try Self.endOfText(definition, configuration, path)
  }

  /// The id of an added token by its exact text, such as `<|endoftext|>`.
  public func token(_ special: String) -> Int32? { definition.token(special) }

  /// Whether the id is a special token, left out of decoded text.
  public func isSpecial(_ token: Int32) -> Bool { specialTokens.contains(token) }

  /// The token that the file's template puts before every text. `encode` does
  /// not add it: whoever renders a conversation decides.
  public var beginningOfText: Int32? { definition.templateStart }

  /// Ids of one text. With `allowsSpecialTokens`, the names of added tokens in
  /// it become those tokens.
  public func encode(_ text: String, allowsSpecialTokens: Bool = true) -> [Int32] {
    encode([Segment(text, allowsSpecialTokens: allowsSpecialTokens)])
  }

  /// Ids of the segments' joined text. An added token is found only where it lies
  /// wholly inside a segment that allows it; what lies between such tokens is
  /// encoded as one text, across the borders of segments.
  public func encode(_ segments: [Segment]) -> [Int32] {
    var run = EncodingRun(cache: idleCaches.withLock { $0.popLast() } ?? TokenizerWordCache())
    for segment in segments {
      guard segment.allowsSpecialTokens else {
        run.pending.append(contentsOf: segment.text.utf8)
        continue
      }
      rawMatcher.split(
        Array(segment.text.utf8),
        text: { stretch in
          guard !normalizedMatcher.isEmpty else {
            run.pending.append(contentsOf: stretch)
            return
          }
          normalizedMatcher.split(
            normalized(Array(stretch)), text: { run.pending.append(contentsOf: $0) },
            token: { special($0, &run) })
        },
        token: { special($0, &run) })
    }
    flush(&run)
    let cache = run.cache
    run.cache = TokenizerWordCache()
    idleCaches.withLock { $0.append(cache) }
    return run.tokens
  }

  /// Text of the ids; bytes that are not valid UTF-8 are shown as U+FFFD. Ids
  /// outside the vocabulary give nothing.
  public func decode(
    _ tokens: some Sequence<Int32>, skippingSpecialTokens: Bool = true
  ) -> String {
    String(
      decoding: bytes(of: tokens, skippingSpecialTokens: skippingSpecialTokens), as: UTF8.self)
  }

  /// The exact bytes of the ids. A character may be spread over several tokens,
  /// so the bytes of a part of a text need not be valid UTF-8.
  public func bytes(
    of tokens: some Sequence<Int32>, skippingSpecialTokens: Bool = true
  ) -> [UInt8] {
    var result: [UInt8] = []
    for token in tokens where definition.pieces.indices.contains(Int(token)) {
      if skippingSpecialTokens, specialTokens.contains(token) { continue }
      result.append(contentsOf: definition.pieces[Int(token)])
    }
    return result
  }

  /// One line for people: what kind of tokenizer this is.
  public var summary: String {
    let processor = definition.postProcessor.map { "\($0), not applied" } ?? "none"
    return "byte-level BPE, \(vocabularySize) entries, \(definition.pairs.count) merges, "
      + "\(definition.addedTokens.count) added tokens, "
      + "normalizer \(definition.normalizesToNFC ? "NFC" : "none"), post-processor \(processor)"
  }
}

extension Tokenizer {
  /// State of one call to `encode`.
  private struct EncodingRun {
    var cache: TokenizerWordCache
    /// Text since the last special token, not yet encoded.
    var pending: [UInt8] = []
    var tokens: [Int32] = []
    /// Symbols of the word at hand.
    var symbols: [Int32] = []

    init(cache: consuming TokenizerWordCache) { self.cache = cache }
  }

  private func special(_ token: Int32, _ run: inout EncodingRun) {
    flush(&run)
    run.tokens.append(token)
  }

  private func flush(_ run: inout EncodingRun) {
    guard !run.pending.isEmpty else { return }
    let text = normalized(run.pending)
    run.pending.removeAll(keepingCapacity: true)
    text.withUnsafeBufferPointer { words($0, stage: 0, &run) }
  }

  private func normalized(_ text: [UInt8]) -> [UInt8] {
    definition.normalizesToNFC ? TokenizerNormalizer.composed(text) : text
  }

  /// Cuts text into words by the stages from `stage` on, and encodes them.
  private func words(_ text: UnsafeBufferPointer<UInt8>, stage: Int, _ run: inout EncodingRun) {
    guard stage < definition.stages.count else {
      encodeWord(text, &run)
      return
    }
    switch definition.stages[stage] {
    case .split(let pattern):
      var start = 0
      while start < text.count {
        let end = pattern.endOfWord(text, from: start)
        words(UnsafeBufferPointer(rebasing: text[start..<end]), stage: stage + 1, &run)
        start = end
      }
    case .prefixSpace:
      if text.first == UInt8(ascii: " ") {
        words(text, stage: stage + 1, &run)
      } else {
        let prefixed = [UInt8(ascii: " ")] + text
        prefixed.withUnsafeBufferPointer { words($0, stage: stage + 1, &run) }
      }
    }
  }

  private func encodeWord(_ word: UnsafeBufferPointer<UInt8>, _ run: inout EncodingRun) {
    if run.cache.append(word, to: &run.tokens) { return }
    run.symbols.removeAll(keepingCapacity: true)
    if definition.ignoresMerges, let token = definition.entries.value(word),
      !specialTokens.contains(token)
    {
      run.symbols.append(token)
    } else {
      for byte in word { run.symbols.append(definition.byteTokens[Int(byte)]) }
      merges.apply(to: &run.symbols)
    }
    run.tokens.append(contentsOf: run.symbols)
    run.cache.insert(word, run.symbols)
  }

  private static func endOfText(
    _ definition: TokenizerDefinition, _ configuration: Data?, _ path: String
  ) throws(CheckpointError) -> Int32? {
    let file = URL(filePath: path).deletingLastPathComponent().appending(
      path: "tokenizer_config.json"
    ).path
    if let configuration {
      let value = try CheckpointFile.parse(configuration, file)["eos_token"]
      if let name = value?.string ?? value?["content"]?.string {
        guard let token = definition.token(name) else {
          throw CheckpointError(
            .mismatch, path: file,
            "eos_token \"\(name)\" is not among the tokenizer's added tokens",
            hint: "use the tokenizer_config.json that belongs to this tokenizer.json")
        }
        return token
      }
    }
    for name in ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"] {
      if let token = definition.token(name) { return token }
    }
    return nil
  }
}

extension TokenizerDefinition {
  func token(_ content: String) -> Int32? {
    addedTokens.first { $0.content.utf8.elementsEqual(content.utf8) }?.id
  }

  /// SHA-256 over every field that decides an encoding, each with its length.
  func contentHash() -> String {
    var hasher = SHA256()
    func add(_ bytes: some Collection<UInt8>) {
      withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hasher.update(bufferPointer: $0) }
      hasher.update(data: Array(bytes))
    }
    func add(_ text: String) { add(text.utf8) }
    add("byte-level BPE 1")
    add("\(normalizesToNFC) \(ignoresMerges) \(stages)")
    add("\(size)")
    for piece in pieces { add(piece) }
    for (rank, pair) in pairs.enumerated() {
      add("\(pair.left) \(pair.right) \(pairTokens[rank])")
    }
    for token in addedTokens.sorted(by: { $0.id < $1.id }) {
      add("\(token.id) \(token.isSpecial) \(token.isNormalized)")
      add(token.content)
    }
    return hasher.finalize().hexadecimal
  }
}
