import Foundation
import Kernels
import KeyedRandom
import Testing

@testable import Transformer

@Suite struct CheckpointTests {
  let directory: TemporaryDirectory

  init() throws {
    try BLAS.load()
    directory = try TemporaryDirectory()
  }

  private func tokenizer() throws -> Tokenizer {
    try Tokenizer(
      contentsOf: TokenizerReference.folder.appending(path: "checkpoint-float32/tokenizer.json"))
  }

  private func checkpoint(_ head: Head = .languageModel, tied: Bool = true) throws -> Checkpoint {
    let configuration = ModelConfiguration(
      vocabularySize: 280, hiddenSize: 16, intermediateSize: 24, layerCount: 2, headCount: 4,
      keyValueHeadCount: 2, maximumPositions: 64, tiedEmbeddings: tied, endOfTextToken: 0,
      endOfTurnToken: 2, paddingToken: 2)
    return try Checkpoint(
      model: Model(configuration: configuration, head: head, initializedBy: 9),
      tokenizer: tokenizer(),
      chat: ChatFormat(user: "<|user|>", assistant: "\nA: ", endOfTurn: "<|end|>"))
  }

  private func bits(_ model: Model) -> [UInt32] {
    (0..<model.layout.count).map { model.parameters[$0].bitPattern }
  }

  // MARK: Directories made by transformers

  struct Recorded: Decodable {
    let name: String
    let text: String
    let ids: [Int32]
    let values: [Float]
  }

  /// Loads what `scripts/reference/record_checkpoint.py` saved, and computes what
  /// it computed.
  @Test func directoriesOfTransformers() throws {
    let recorded = try JSONDecoder().decode(
      [Recorded].self,
      from: Data(contentsOf: TokenizerReference.folder.appending(path: "checkpoint.json")))
    #expect(recorded.map(\.name) == ["float32", "shards", "reward"])
    for reference in recorded {
      let checkpoint = try Checkpoint.load(
        TokenizerReference.folder.appending(path: "checkpoint-\(reference.name)"))
      let ids = checkpoint.tokenizer.encode(reference.text)
      #expect(ids == reference.ids)
      let model = checkpoint.model
      let w = TrainingWorkspace(
        model.configuration, maximumRows: ids.count, maximumSequence: ids.count)
      model.forward(PackedBatch([ids]), w)
      let last = Int32(ids.count - 1)
      let values =
        model.head == .scalar
        ? model.scores(rows: [last], w)
        : model.logProbabilities(
          rows: Array(0..<last), targets: Array(ids.dropFirst()), w, entropies: false
        ).logProbabilities
      #expect(values.count == reference.values.count)
      for (found, expected) in zip(values, reference.values) {
        #expect(abs(found - expected) < 2e-4 * max(1, abs(expected)), "\(reference.name)")
      }
    }
  }

  // MARK: Round trips

  @Test(arguments: [Head.languageModel, .scalar], [true, false])
  func roundTrip(_ head: Head, tied: Bool) throws {
    let saved = try checkpoint(head, tied: tied)
    let url = directory.url.appending(path: "model")
    try saved.save(to: url)
    let loaded = try Checkpoint.load(url)
    #expect(loaded.model.configuration == saved.model.configuration)
    #expect(loaded.model.head == head)
    #expect(bits(loaded.model) == bits(saved.model))
    #expect(loaded.weightsHash == saved.weightsHash)
    #expect(loaded.tokenizer.hash == saved.tokenizer.hash)
    #expect(loaded.tokenizer.json == saved.tokenizer.json)
    #expect(loaded.chat == saved.chat)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == ["model"])
  }

  @Test func savingTwiceGivesEqualBytes() throws {
    let saved = try checkpoint()
    let urls = ["first", "second"].map { directory.url.appending(path: $0) }
    for url in urls { try saved.save(to: url) }
    try saved.save(to: urls[1])  // over an existing one
    let names = try FileManager.default.contentsOfDirectory(atPath: urls[0].path).sorted()
    #expect(
      names == [
        "chat_format.json", "config.json", "generation_config.json", "model.safetensors",
        "tokenizer.json", "tokenizer_config.json",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: urls[1].path).sorted() == names)
    for name in names {
      let data = try urls.map { try Data(contentsOf: $0.appending(path: name)) }
      #expect(data[0] == data[1], "\(name)")
    }
  }

  @Test func bfloat16KeepsEightBits() throws {
    let saved = try checkpoint()
    let url = directory.url.appending(path: "model")
    try saved.save(to: url, precision: .bfloat16)
    let loaded = try Checkpoint.load(url)
    for index in 0..<saved.model.layout.count {
      let value = saved.model.parameters[index]
      #expect(abs(loaded.model.parameters[index] - value) <= abs(value) * 0x1p-8)
    }
    #expect(loaded.weightsHash != saved.weightsHash)
    // Rounded once, they stay.
    try loaded.save(to: url, precision: .bfloat16)
    #expect(try Checkpoint.load(url).weightsHash == loaded.weightsHash)
  }

  @Test func hashSeesEveryPart() throws {
    let model = try checkpoint().model
    let original = model.contentHash()
    var other = model.configuration
    other.normEpsilon = 1e-6
    let renamed = Model(configuration: other)
    renamed.parameters.pointer.update(from: model.parameters.pointer, count: model.layout.count)
    #expect(renamed.contentHash() != original)
    #expect(model.copy().contentHash() == original)
    #expect(model.copy(head: .scalar).contentHash() != original)
    let last = model.layout.count - 1
    model.parameters[last] = model.parameters[last].nextUp
    #expect(model.contentHash() != original)
  }

  // MARK: Errors

  private func saved(_ head: Head = .languageModel) throws -> URL {
    let url = directory.url.appending(path: "model")
    try checkpoint(head).save(to: url)
    return url
  }

  private func refuses(
    _ url: URL, head: Head? = nil, _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try Checkpoint.load(url, head: head)
    }
    let description = error?.description ?? ""
    #expect(
      description.contains(expected) && description.contains(url.path)
        && !description.contains("\n"), "\(description)", sourceLocation: sourceLocation)
  }

  @Test func missingFiles() throws {
    refuses(directory.url.appending(path: "nowhere"), "no such directory")
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
      let url = try saved()
      try FileManager.default.removeItem(at: url.appending(path: name))
      refuses(url, "\(name): no such file")
    }
    let url = try saved()
    for name in ["generation_config.json", "tokenizer_config.json", "chat_format.json"] {
      try FileManager.default.removeItem(at: url.appending(path: name))
    }
    #expect(try Checkpoint.load(url).chat == .plain)
  }

  @Test func heads() throws {
    let language = try saved()
    refuses(language, head: .scalar, "missing reward head: there is no tensor score.weight")
    #expect(try Checkpoint.load(language, head: .languageModel).model.head == .languageModel)
    let reward = try saved(.scalar)
    refuses(reward, head: .languageModel, "where a language model is needed")
    #expect(try Checkpoint.load(reward, head: .scalar).model.head == .scalar)
  }

  @Test func configurationErrors() throws {
    let url = try saved()
    let config = url.appending(path: "config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    for (old, new, expected) in [
      (#""model_type" : "llama""#, #""model_type" : "gpt2""#, "model_type = gpt2"),
      (#""hidden_size" : 16"#, #""hidden_size" : -1"#, "hidden_size = -1"),
      (#""hidden_size" : 16"#, #""hidden_size" : "16""#, "hidden_size"),
      (#""hidden_size" : 16"#, #""hidden_size" : 32"#, "has shape [280, 16], expected [280, 32]"),
      (#""num_hidden_layers" : 2"#, #""num_hidden_layers" : 3"#, "missing tensors model.layers.2."),
      (
        #""num_hidden_layers" : 2"#, #""num_hidden_layers" : 1"#,
        "unexpected tensors model.layers.1."
      ),
      (
        #""vocab_size" : 280"#, #""vocab_size" : 300"#,
        "tokenizer does not match: tokenizer has 280 entries, embedding has 300"
      ),
      (
        #""vocab_size" : 280"#, #""vocab_size" : 270"#,
        "tokenizer does not match: tokenizer has 280 entries, embedding has 270"
      ),
      (
        #""tie_word_embeddings" : true"#, #""tie_word_embeddings" : false"#,
        "missing tensor lm_head.weight"
      ),
      ("{", "", "not JSON"),
    ] {
      let changed = text.replacing(old, with: new)
      try #require(changed != text, "\(old)")
      try Data(changed.utf8).write(to: config)
      refuses(url, expected)
    }
  }

  private func rewrite(
    _ url: URL, _ edit: (inout [String: (shape: [Int], values: [Float])]) -> Void
  ) throws {
    let file = try SafetensorsFile(contentsOf: url)
    var tensors: [String: (shape: [Int], values: [Float])] = [:]
    for tensor in file.tensors {
      var values = [Float](repeating: 0, count: tensor.count)
      values.withUnsafeMutableBufferPointer { file.read(tensor, into: $0.baseAddress!) }
      tensors[tensor.name] = (tensor.shape, values)
    }
    edit(&tensors)
    let buffers = tensors.mapValues { tensor in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.values.count)
      _ = buffer.initialize(from: tensor.values)
      return buffer
    }
    defer { for buffer in buffers.values { buffer.deallocate() } }
    try Safetensors.write(
      tensors.map { name, tensor in
        .init(name: name, shape: tensor.shape, values: UnsafePointer(buffers[name]!.baseAddress!))
      }, to: url)
  }

  @Test func tensorErrors() throws {
    let url = try saved()
    let weights = url.appending(path: "model.safetensors")
    let original = try Data(contentsOf: weights)
    let hash = try Checkpoint.load(url).weightsHash
    let edits: [((inout [String: (shape: [Int], values: [Float])]) -> Void, String?)] = [
      ({ $0["model.norm.weight"] = nil }, "missing tensor model.norm.weight"),
      ({ $0["extra"] = ([1], [1]) }, "unexpected tensor extra"),
      (
        { $0["model.norm.weight"]?.shape = [4, 4] },
        "tensor model.norm.weight has shape [4, 4], expected [16]"
      ),
      ({ $0["model.norm.weight"]?.values[3] = .nan }, "model.norm.weight holds infinity or NaN"),
      ({ $0["model.norm.weight"]?.values[3] = -.infinity }, "holds infinity or NaN"),
      ({ $0["lm_head.weight"] = $0["model.embed_tokens.weight"] }, nil),
      ({ $0["model.layers.0.self_attn.rotary_emb.inv_freq"] = ([2], [1, 0.01]) }, nil),
      (
        {
          $0["lm_head.weight"] = $0["model.embed_tokens.weight"]
          $0["lm_head.weight"]?.values[77] += 1
        }, "lm_head.weight differs from the embedding"
      ),
      ({ $0["lm_head.weight"] = ([2, 2], [1, 2, 3, 4]) }, "lm_head.weight has shape [2, 2]"),
    ]
    for (edit, expected) in edits {
      try original.write(to: weights)
      try rewrite(weights, edit)
      if let expected {
        refuses(url, expected)
      } else {
        #expect(try Checkpoint.load(url).weightsHash == hash)
      }
    }
    try original.dropLast(10).write(to: weights)
    refuses(url, "truncated: expected \(original.count) bytes, found \(original.count - 10)")
  }

  @Test func shardErrors() throws {
    let source = TokenizerReference.folder.appending(path: "checkpoint-shards")
    let url = directory.url.appending(path: "shards")
    try FileManager.default.copyItem(at: source, to: url)
    let index = url.appending(path: "model.safetensors.index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    for (old, new, expected) in [
      (
        #""lm_head.weight": "model-00003"#, #""lm_head.weight": "model-00001"#,
        "tensor lm_head.weight is not in model-00001-of-00003.safetensors"
      ),
      (
        #""lm_head.weight": "model-00003"#, #""lm_head.weight": "../model-00003"#,
        "the file of tensor lm_head.weight is not a shard's name"
      ),
      (#""weight_map""#, #""map""#, "weight_map is missing"),
      (#""lm_head.weight""#, #""other.weight""#, "tensor other.weight is not in"),
    ] {
      let changed = text.replacing(old, with: new)
      try #require(changed != text, "\(old)")
      try Data(changed.utf8).write(to: index)
      refuses(url, expected)
    }
    try Data(text.utf8).write(to: index)
    let shard = url.appending(path: "model-00002-of-00003.safetensors")
    try FileManager.default.copyItem(
      at: shard, to: url.appending(path: "copy.safetensors"))
    try FileManager.default.removeItem(at: shard)
    refuses(url, "model-00002-of-00003.safetensors: no such file")
  }

  @Test func chatFormatErrors() throws {
    let url = try saved()
    let file = url.appending(path: "chat_format.json")
    for (text, expected) in [
      (#"{"user":"U","assistant":"A","end_of_turn":"","extra":"x"}"#, #""extra" is unknown"#),
      (#"{"user":"U","assistant":1,"end_of_turn":""}"#, #""assistant" is unknown or not a text"#),
      (#"{"user":"U","assistant":"A"}"#, "a field is missing"),
      (#"{"user":"","assistant":"A","end_of_turn":""}"#, "a marker is empty"),
      ("[", "not JSON"),
    ] {
      try Data(text.utf8).write(to: file)
      refuses(url, expected)
    }
  }

  /// Rows added to an embedding for speed are accepted, a smaller tokenizer not.
  @Test func paddedEmbedding() throws {
    func check(_ entries: Int, _ rows: Int) throws {
      let vocabulary = try Tokenizer(
        data: TokenizerTrainer.train(
          on: ["\((0..<2000).map { String($0 * 7919) }.joined(separator: " "))"],
          vocabularySize: entries, specialTokens: []))
      try #require(vocabulary.vocabularySize == entries)
      let configuration = ModelConfiguration(
        vocabularySize: rows, hiddenSize: 4, intermediateSize: 4, layerCount: 1, headCount: 2)
      _ = try Checkpoint(model: Model(configuration: configuration), tokenizer: vocabulary)
    }
    try check(1_020, 1_024)
    try check(1_024, 1_024)
    for (entries, rows) in [(1_000, 1_024), (1_020, 1_021), (1_025, 1_024)] {
      #expect(throws: CheckpointError.self) { try check(entries, rows) }
    }
  }

  @Test func errorsCannotWriteToATerminal() {
    let error = CheckpointError(.malformed, path: "a\u{1b}[2Jb", "x\ny", hint: "é \u{2028}\u{202e}")
    #expect(error.description == #"a\u{1b}[2Jb: x\u{a}y; é \u{2028}\u{202e}"#)
  }
}
