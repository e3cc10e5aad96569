/// What a tokenizer.json says, checked and brought into the form that encoding
/// needs.
struct TokenizerDefinition: Sendable {
  /// A token found in text as a whole, before any splitting.
  struct AddedToken: Hashable, Sendable {
    let id: Int32
    let content: String
    /// Left out of decoded text; in most files every added token is special.
    let isSpecial: Bool
    /// Searched in the normalised text instead of the text as given.
    let isNormalized: Bool
  }

  /// One step of cutting text into words.
  enum Stage: Hashable, Sendable {
    case split(TokenizerPattern)
    /// Puts a space before a piece that does not start with one.
    case prefixSpace
  }

  /// Number of ids: the highest plus one.
  var size = 0
  /// Bytes of each id; empty for an id that no entry has.
  var pieces: [[UInt8]] = []
  /// Id of each entry of the vocabulary that bytes can spell, by those bytes.
  var entries = TokenizerByteTable()
  /// Id of each single byte.
  var byteTokens: [Int32] = []
  /// Merges in rank order, and the tokens that they make.
  var pairs: [(left: Int32, right: Int32)] = []
  var pairTokens: [Int32] = []
  var addedTokens: [AddedToken] = []
  /// Unicode normalisation form C before anything else.
  var normalizesToNFC = false
  var stages: [Stage] = []
  /// A whole word that is an entry becomes that entry, whatever the merges say.
  var ignoresMerges = false
  /// Type of the post-processor, or nil.
  var postProcessor: String?
  /// The token that the post-processor's template puts first.
  var templateStart: Int32?
}

extension TokenizerDefinition {
  /// - Parameter path: the file's name in errors.
  init(json: CheckpointJSON, path: String) throws(CheckpointError) {
    let reader = TokenizerReader(path: path)
    guard json.members != nil else {
      throw reader.malformed("it holds no object", at: "tokenizer.json")
    }
    guard let model = json["model"] else { throw reader.malformed("missing", at: "model") }
    normalizesToNFC = try reader.normalizesToNFC(json["normalizer"])
    stages = try reader.stages(json["pre_tokenizer"])
    try reader.checkDecoder(json["decoder"])
    ignoresMerges = try reader.checkModel(model)
    try readVocabulary(model, json["added_tokens"], reader)
    try readMerges(model, reader)
    postProcessor = try reader.postProcessor(json["post_processor"])
    templateStart = try reader.templateStart(json["post_processor"], addedTokens)
  }

  private mutating func readVocabulary(
    _ model: CheckpointJSON, _ added: CheckpointJSON?, _ reader: TokenizerReader
  ) throws(CheckpointError) {
    guard let vocabulary = model["vocab"]?.members, !vocabulary.isEmpty else {
      throw reader.malformed("missing or empty", at: "model.vocab")
    }
    addedTokens = try reader.addedTokens(added)
    let top = max(
      vocabulary.lazy.compactMap(\.value.integer).max() ?? 0,
      addedTokens.lazy.map { Int($0.id) }.max() ?? 0)
    guard top < reader.maximumSize else {
      throw reader.unsupported(
        "an id of \(top)", at: "model.vocab", "ids below \(reader.maximumSize)")
    }
    size = top + 1
    pieces = [[UInt8]](repeating: [], count: size)
    for (key, value) in vocabulary.lazy.map({ ($0.key, $0.value) }) {
      guard let id = value.integer, id >= 0 else {
        throw reader.malformed("the entry \"\(key)\" has no whole number", at: "model.vocab")
      }
      guard pieces[id].isEmpty, !key.isEmpty else {
        throw reader.malformed("two entries have id \(id), or one is empty", at: "model.vocab")
      }
      let spelled = TokenizerAlphabet.bytes(of: key)
      pieces[id] = spelled ?? Array(key.utf8)
      if let spelled { entries.insert(spelled, Int32(id)) }
    }
    for token in addedTokens {
      let id = Int(token.id)
      let content = Array(token.content.utf8)
      guard
        pieces[id].isEmpty || pieces[id] == content
          || pieces[id] == TokenizerAlphabet.bytes(of: token.content)
      else {
        throw reader.malformed(
          "the token \"\(token.content)\" has the id \(id) of another entry", at: "added_tokens")
      }
      pieces[id] = content
    }
    let special = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
    for byte in UInt8.min...UInt8.max {
      guard let id = entries.value([byte]), !special.contains(id) else {
        throw reader.unsupported(
          "the byte \(byte) has no entry (\"\(TokenizerAlphabet.characters[Int(byte)])\")",
          at: "model.vocab", "a byte-level vocabulary that covers all 256 bytes")
      }
      byteTokens.append(id)
    }
  }

  private mutating func readMerges(
    _ model: CheckpointJSON, _ reader: TokenizerReader
  ) throws(CheckpointError) {
    guard let merges = model["merges"]?.array else {
      throw reader.malformed("missing", at: "model.merges")
    }
    let special = Set(addedTokens.lazy.filter(\.isSpecial).map(\.id))
    pairs.reserveCapacity(merges.count)
    for (rank, merge) in merges.enumerated() {
      let place = "model.merges[\(rank)]"
      guard let (left, right) = reader.mergeParts(merge) else {
        throw reader.malformed("neither \"a b\" nor [\"a\", \"b\"]", at: place)
      }
      guard let leftBytes = TokenizerAlphabet.bytes(of: left),
        let rightBytes = TokenizerAlphabet.bytes(of: right),
        let leftToken = entries.value(leftBytes), let rightToken = entries.value(rightBytes),
        let token = entries.value(leftBytes + rightBytes)
      else {
        throw reader.malformed(
          "\"\(left)\", \"\(right)\" or the two joined is not in the vocabulary", at: place)
      }
      // Ordinary text must never come out as a special token.
      guard !special.contains(token) else {
        throw reader.unsupported(
          "it makes the special token \"\(left)\(right)\"", at: place,
          "merges that make ordinary tokens only")
      }
      pairs.append((leftToken, rightToken))
      pairTokens.append(token)
    }
  }
}
