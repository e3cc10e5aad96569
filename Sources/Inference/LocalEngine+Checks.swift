import Transformer

/// What is refused before any compute.
extension LocalEngine {
  func check(_ request: GenerationRequest, _ index: Int) throws(InferenceError) {
    try check(tokens: request.prompt, index, "prompt")
    let count = request.prompt.count
    guard count + 1 <= contextLength else {
      throw InferenceError(
        "request \(index): the prompt has \(count) tokens, and the model's context of"
          + " \(contextLength) leaves room for none after it; shorten the prompt to"
          + " \(contextLength - 1) tokens or fewer")
    }
    try check(shared: request.sharedPrefixLength, of: count, index)
    if let complaint = request.sampling.complaint {
      throw InferenceError("request \(index): sampling: \(complaint)")
    }
    guard request.maximumNewTokens >= 0 else {
      throw InferenceError(
        "request \(index): maximumNewTokens is \(request.maximumNewTokens);"
          + " use 0 or more")
    }
    guard !request.stopStrings.contains("") else {
      throw InferenceError(
        "request \(index): a stop string is empty; leave it out")
    }
  }

  func check(_ request: ChoiceRequest, _ index: Int) throws(InferenceError) {
    try check(tokens: request.prompt, index, "prompt")
    try check(shared: request.sharedPrefixLength, of: request.prompt.count, index)
    var longest = 0
    for (number, choice) in request.choices.enumerated() {
      try check(tokens: choice, index, "choice \(number)")
      longest = max(longest, choice.count)
    }
    let count = request.prompt.count
    guard count + longest <= contextLength else {
      throw InferenceError(
        "request \(index): the prompt has \(count) tokens and the longest choice"
          + " \(longest), more than the model's context of \(contextLength);"
          + " shorten the prompt to \(max(0, contextLength - longest)) tokens or fewer")
    }
  }

  func check(length: Int, _ index: Int, _ what: String) throws(InferenceError) {
    guard length <= contextLength else {
      throw InferenceError(
        "request \(index): the \(what) has \(length) tokens, more than the model's"
          + " context of \(contextLength); shorten it")
    }
  }

  func check(tokens: [Int32], _ index: Int, _ what: String) throws(InferenceError) {
    guard !tokens.isEmpty else {
      throw InferenceError(
        "request \(index): the \(what) has no tokens; give at least one, such as the"
          + " end-of-text token")
    }
    let vocabulary = model.configuration.vocabularySize
    if let place = tokens.firstIndex(where: { $0 < 0 || Int($0) >= vocabulary }) {
      throw InferenceError(
        "request \(index): token \(place) of the \(what) is \(tokens[place]), outside"
          + " the model's vocabulary of \(vocabulary); encode with the model's own"
          + " tokenizer")
    }
  }

  private func check(
    shared length: Int, of count: Int, _ index: Int
  ) throws(InferenceError) {
    guard (0...count).contains(length) else {
      throw InferenceError(
        "request \(index): sharedPrefixLength is \(length), but the prompt has"
          + " \(count) tokens")
    }
  }
}
