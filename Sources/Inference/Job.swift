import KeyedRandom

/// The logits after one token, and the means to read them.
struct Reading {
  /// `[V]`, unnormalised log-probabilities of the next token.
  var logits: UnsafePointer<Float>
  /// Where in the job's tokens the token stands that these logits follow.
  var position: Int
  var sampler: Sampler
}

/// One sequence on its way through a lane: its tokens are fed to the model in
/// order, and what the model says after them is handed to `read`.
protocol Job: AnyObject, SendableMetatype {
  /// Its request's place in the call.
  var index: Int { get }
  /// Everything fed so far and what is still to feed.
  var tokens: [Int32] { get }
  /// The next of `tokens` to feed; the lane moves it on.
  var position: Int { get set }
  /// The first position whose logits are wanted; those after it are too.
  var firstReading: Int { get }
  /// This many leading tokens never change.
  var prefixLength: Int { get }
  /// Nothing is left to feed.
  var isFinished: Bool { get }
  /// Takes the logits after `tokens[reading.position]`. Called in the order of
  /// positions, after `position` has moved past what was fed.
  func read(_ reading: Reading) throws(InferenceError)
}

extension Job {
  var remaining: Int { tokens.count - position }
}

/// Continues a prompt.
final class GenerationJob: Job {
  let index: Int
  private(set) var tokens: [Int32]
  var position = 0
  private(set) var firstReading: Int
  let prefixLength: Int
  private(set) var isFinished = false
  private(set) var generation = Generation(
    tokens: [], logProbabilities: [], finish: .length)

  private let request: GenerationRequest
  private let limit: Int
  private var generator: KeyedGenerator
  private var stop: StopStrings

  /// `limit`, at least 1: the most tokens to add.
  init(index: Int, request: GenerationRequest, limit: Int, stop: StopStrings) {
    self.index = index
    self.request = request
    self.limit = limit
    self.stop = stop
    tokens = request.prompt
    tokens.reserveCapacity(request.prompt.count + limit)
    generation.tokens.reserveCapacity(limit)
    generation.logProbabilities.reserveCapacity(limit)
    firstReading = request.prompt.count - 1
    prefixLength = request.prompt.count
    generator = request.key.generator()
  }

  func read(_ reading: Reading) throws(InferenceError) {
    let drawn = reading.sampler.sample(
      reading.logits, request.sampling, uniform: generator.uniform())
    guard let (token, logProbability) = drawn else {
      throw .notFinite(index, position: reading.position)
    }
    generation.tokens.append(token)
    generation.logProbabilities.append(logProbability)
    if request.stopTokens.contains(token) {
      generation.finish = .stopToken
      isFinished = true
    } else if stop.complete(with: token) {
      generation.finish = .stopString
      isFinished = true
    } else if generation.tokens.count == limit {
      isFinished = true
    } else {
      firstReading = tokens.count
      tokens.append(token)
    }
  }
}

/// Scores the choices of one prompt. Each choice is written over the one before
/// it, right after the prompt, in the same slot: attention never looks past a
/// row's own position, so what a longer choice left there is not read.
final class ChoiceJob: Job {
  let index: Int
  private(set) var tokens: [Int32]
  var position = 0
  private(set) var firstReading: Int
  let prefixLength: Int
  private(set) var isFinished = false
  private(set) var scores: [Float]

  private let request: ChoiceRequest
  /// The choice whose tokens are being fed, or -1 while the prompt is.
  private var choice = -1
  private var sum: Double = 0
  private var firsts: [Float] = []

  init(index: Int, request: ChoiceRequest) {
    self.index = index
    self.request = request
    tokens = request.prompt
    firstReading = request.prompt.count - 1
    prefixLength = request.prompt.count
    scores = [Float](repeating: 0, count: request.choices.count)
  }

  func read(_ reading: Reading) throws(InferenceError) {
    if choice < 0 {
      for choice in request.choices.indices {
        let first = try reading.logProbability(of: request.choices[choice][0], index)
        firsts.append(first)
        scores[choice] = first
      }
    } else {
      let next = reading.position - prefixLength + 1
      sum += Double(try reading.logProbability(of: request.choices[choice][next], index))
      // More rows of this choice follow.
      guard next == request.choices[choice].count - 1 else { return }
      scores[choice] = Float(Double(firsts[choice]) + sum)
    }
    advance()
  }

  /// Goes on to the next choice of more than one token.
  private func advance() {
    choice += 1
    while choice < request.choices.count, request.choices[choice].count == 1 {
      choice += 1
    }
    guard choice < request.choices.count else {
      isFinished = true
      return
    }
    sum = 0
    tokens = request.prompt + request.choices[choice].dropLast()
    position = prefixLength
    firstReading = prefixLength
  }
}

/// Reads the probability of every token of a sequence.
final class SequenceJob: Job {
  let index: Int
  let tokens: [Int32]
  var position = 0
  let firstReading = 0
  var prefixLength: Int { tokens.count }
  var isFinished: Bool { logProbabilities.count == tokens.count }
  /// Of `sequence[i + 1]` after the tokens before it.
  private(set) var logProbabilities: [Float] = []

  private let sequence: [Int32]

  /// `sequence` has at least two tokens; the last is only asked about.
  init(index: Int, sequence: [Int32]) {
    self.index = index
    self.sequence = sequence
    tokens = sequence.dropLast()
    logProbabilities.reserveCapacity(tokens.count)
  }

  func read(_ reading: Reading) throws(InferenceError) {
    logProbabilities.append(
      try reading.logProbability(of: sequence[reading.position + 1], index))
  }
}

extension Reading {
  /// Natural log-probability of `token` at temperature 1.
  func logProbability(of token: Int32, _ index: Int) throws(InferenceError) -> Float {
    guard let value = sampler.logProbability(logits, of: token) else {
      throw .notFinite(index, position: position)
    }
    return value
  }
}

extension InferenceError {
  static func notFinite(_ index: Int, position: Int) -> InferenceError {
    InferenceError(
      "request \(index): the model's logits after token \(position) are not finite;"
        + " its weights have diverged, go back to an earlier checkpoint")
  }
}
