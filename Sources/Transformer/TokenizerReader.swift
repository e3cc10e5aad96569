/// Reads the parts of a tokenizer.json that say how text is cut. Whatever this
/// program does not do exactly is refused by the field's name.
struct TokenizerReader {
  let path: String
  let maximumSize = 1 << 21

  func malformed(_ problem: String, at field: String) -> CheckpointError {
    CheckpointError(
      .malformed, path: path, "\(field): \(problem)",
      hint: "use a tokenizer.json saved by Hugging Face's tokenizers library")
  }

  func unsupported(_ problem: String, at field: String, _ supported: String) -> CheckpointError {
    CheckpointError(
      .unsupported, path: path, "\(field): \(problem)", hint: "supported: \(supported)")
  }

  private func type(_ value: CheckpointJSON, _ field: String) throws(CheckpointError) -> String {
    guard let type = value["type"]?.string else { throw malformed("no type", at: field) }
    return type
  }

  /// A flag of a component; `fallback` is the library's default.
  private func flag(
    _ value: CheckpointJSON, _ name: String, _ field: String, else fallback: Bool
  ) throws(CheckpointError) -> Bool {
    guard let found = value[name] else { return fallback }
    guard let flag = found.boolean else {
      throw malformed("not true or false", at: "\(field).\(name)")
    }
    return flag
  }

  /// The parts of a `Sequence`, or the value itself.
  private func parts(
    _ value: CheckpointJSON, _ list: String, _ field: String
  ) throws(CheckpointError) -> [CheckpointJSON] {
    guard try type(value, field) == "Sequence" else { return [value] }
    guard let items = value[list]?.array else { throw malformed("missing", at: "\(field).\(list)") }
    return items
  }

  func normalizesToNFC(_ value: CheckpointJSON?) throws(CheckpointError) -> Bool {
    guard let value else { return false }
    let steps = try parts(value, "normalizers", "normalizer")
    for step in steps {
      let type = try type(step, "normalizer")
      guard type == "NFC" else {
        throw unsupported("type \(type)", at: "normalizer", "null and NFC")
      }
    }
    return !steps.isEmpty
  }

  func stages(_ value: CheckpointJSON?) throws(CheckpointError) -> [TokenizerDefinition.Stage] {
    let field = "pre_tokenizer"
    guard let value else {
      throw unsupported("null", at: field, "ByteLevel, alone or last in a Sequence")
    }
    var stages: [TokenizerDefinition.Stage] = []
    let steps = try parts(value, "pretokenizers", field)
    for (index, step) in steps.enumerated() {
      let type = try type(step, field)
      switch type {
      case "ByteLevel" where index == steps.count - 1:
        if try flag(step, "add_prefix_space", field, else: true) { stages.append(.prefixSpace) }
        if try flag(step, "use_regex", field, else: true) { stages.append(.split(.gpt2)) }
      case "Split" where index < steps.count - 1:
        stages.append(.split(try splitPattern(step, field)))
      case "Digits" where index < steps.count - 1:
        guard try flag(step, "individual_digits", field, else: false) else {
          throw unsupported("Digits.individual_digits = false", at: field, "true")
        }
        stages.append(.split(.digits))
      default:
        throw unsupported(
          "\(type) as step \(index + 1) of \(steps.count)", at: field,
          "Split and Digits followed by one ByteLevel")
      }
    }
    guard !steps.isEmpty else { throw unsupported("no steps", at: field, "ByteLevel") }
    return stages
  }

  private func splitPattern(
    _ value: CheckpointJSON, _ field: String
  ) throws(CheckpointError) -> TokenizerPattern {
    guard let expression = value["pattern"]?["Regex"]?.string,
      let pattern = TokenizerPattern(expression: expression)
    else {
      throw unsupported(
        "Split.pattern = \(value["pattern"]?.text() ?? "null")", at: field,
        "the expressions of GPT-2, Llama 3 (cl100k) and Qwen 2")
    }
    // The patterns cover every text, so keeping the matches apart and removing
    // what lies between them are the same.
    let behavior = value["behavior"]?.string ?? "(missing)"
    let invert = try flag(value, "invert", field, else: false)
    switch (behavior, invert) {
    case ("Isolated", false), ("Removed", true): return pattern
    default:
      throw unsupported("Split.behavior = \(behavior), invert = \(invert)", at: field, "Isolated")
    }
  }

  func checkDecoder(_ value: CheckpointJSON?) throws(CheckpointError) {
    guard let value else { throw unsupported("null", at: "decoder", "ByteLevel") }
    for step in try parts(value, "decoders", "decoder") {
      let type = try type(step, "decoder")
      guard type == "ByteLevel" else {
        throw unsupported("type \(type)", at: "decoder", "ByteLevel")
      }
    }
  }

  /// Checks the model's type and options; returns `ignore_merges`.
  func checkModel(_ model: CheckpointJSON) throws(CheckpointError) -> Bool {
    // Files written before the field existed hold byte-pair encodings.
    let type = model["type"]?.string ?? "BPE"
    guard type == "BPE" else { throw unsupported("\(type)", at: "model.type", "BPE") }
    for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[affix]?.string, !text.isEmpty {
        throw unsupported("\"\(text)\"", at: "model.\(affix)", "null")
      }
    }
    switch model["dropout"] {
    case nil, .integer(0), .number(0): break
    case let other?: throw unsupported(other.text(), at: "model.dropout", "null")
    }
    return try flag(model, "ignore_merges", "model", else: false)
  }

  func mergeParts(_ merge: CheckpointJSON) -> (Substring, Substring)? {
    switch merge {
    case .string(let text):
      let parts = text.split(separator: " ", omittingEmptySubsequences: false)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    case .array(let parts):
      guard parts.count == 2, let left = parts[0].string, let right = parts[1].string else {
        return nil
      }
      return (left[...], right[...])
    default:
      return nil
    }
  }

  func addedTokens(
    _ value: CheckpointJSON?
  ) throws(CheckpointError) -> [TokenizerDefinition.AddedToken] {
    guard let value else { return [] }
    guard let items = value.array else { throw malformed("not a list", at: "added_tokens") }
    var tokens: [TokenizerDefinition.AddedToken] = []
    var contents = TokenizerByteTable()
    for (index, item) in items.enumerated() {
      let field = "added_tokens[\(index)]"
      guard let id = item["id"]?.integer, (0..<maximumSize).contains(id),
        let content = item["content"]?.string, !content.isEmpty
      else { throw malformed("no id and content", at: field) }
      for name in ["single_word", "lstrip", "rstrip"] {
        guard try !flag(item, name, field, else: false) else {
          throw unsupported("\(name) = true for \"\(content)\"", at: field, "false")
        }
      }
      guard contents.insert(content.utf8, 0) else {
        throw malformed("\"\(content)\" is repeated", at: field)
      }
      let special = try flag(item, "special", field, else: false)
      tokens.append(
        .init(
          id: Int32(id), content: content, isSpecial: special,
          isNormalized: try flag(item, "normalized", field, else: !special)))
    }
    return tokens
  }

  func postProcessor(_ value: CheckpointJSON?) throws(CheckpointError) -> String? {
    guard let value else { return nil }
    var types: [String] = []
    for step in try parts(value, "processors", "post_processor") {
      let type = try type(step, "post_processor")
      guard type == "ByteLevel" || type == "TemplateProcessing" else {
        throw unsupported("type \(type)", at: "post_processor", "ByteLevel, TemplateProcessing")
      }
      types.append(type)
    }
    return types.isEmpty ? nil : types.joined(separator: " + ")
  }

  /// The special token that a template puts before a single text.
  func templateStart(
    _ value: CheckpointJSON?, _ added: [TokenizerDefinition.AddedToken]
  ) throws(CheckpointError) -> Int32? {
    guard let value else { return nil }
    for step in try parts(value, "processors", "post_processor") {
      guard let name = step["single"]?.array?.first?["SpecialToken"]?["id"]?.string else {
        continue
      }
      guard let token = added.first(where: { $0.content.utf8.elementsEqual(name.utf8) }) else {
        throw malformed("its token \"\(name)\" is not among added_tokens", at: "post_processor")
      }
      return token.id
    }
    return nil
  }
}
