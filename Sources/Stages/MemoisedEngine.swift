import Foundation
import Inference
import KeyedRandom
import RunStore
import Transformer

/// An engine that remembers. A call is known by the weights, the tokens, the
/// sampling settings and the key of its draws; the record answers it when it
/// was made before, in this run or another, and only the rest reach the model.
final class MemoisedEngine {
  /// Calls that reach the model are recorded in groups of this size, so an
  /// interrupted run loses at most one group.
  private static let group = 256

  let engine: any LanguageModelEngine
  private let store: RunStore
  /// With a plan, a call that is not on record is counted there and answered by
  /// a stand-in; the model is not called.
  private let plan: PlanTally?
  private(set) var reused = 0
  private(set) var computed = 0

  init(_ engine: any LanguageModelEngine, store: RunStore, plan: PlanTally? = nil) {
    self.engine = engine
    self.store = store
    self.plan = plan
  }

  func generate(
    _ requests: [GenerationRequest], progress: (Int, Int, String) -> Void
  ) throws -> [Generation] {
    try answer(
      requests, key: callKey, decode: Generation.init(memo:), encode: \.memo,
      progress: progress
    ) { missing, keys, done in
      if let plan { return plan.generations(missing, keys, engine.tokenizer) }
      return try self.engine.generate(missing, progress: done)
    }
  }

  func scoreChoices(
    _ requests: [ChoiceRequest], progress: (Int, Int, String) -> Void
  ) throws -> [[Float]] {
    try answer(
      requests, key: callKey, decode: [Float].init(memo:), encode: \.memo,
      progress: progress
    ) { missing, keys, done in
      if let plan { return plan.choices(missing, keys) }
      return try self.engine.scoreChoices(missing, progress: done)
    }
  }

  private func answer<Request, Answer>(
    _ requests: [Request], key: (Request) -> Data,
    decode: (Data) throws -> Answer, encode: (Answer) -> Data,
    progress: (Int, Int, String) -> Void,
    compute: ([Request], [Data], (@Sendable (Int, Int) -> Void)?) throws -> [Answer]
  ) throws -> [Answer] {
    let keys = requests.map(key)
    var answers = try store.memo(keys).map { try $0.map(decode) }
    let missing = answers.indices.filter { answers[$0] == nil }
    reused += requests.count - missing.count
    let start = ContinuousClock.now
    for first in stride(from: 0, to: missing.count, by: Self.group) {
      let group = missing[first..<min(first + Self.group, missing.count)]
      let made = try compute(group.map { requests[$0] }, group.map { keys[$0] }, nil)
      if plan == nil { try store.memoise(zip(group, made).map { (keys[$0], encode($1)) }) }
      for (index, answer) in zip(group, made) { answers[index] = answer }
      // In a plan, a call of an earlier one would be on record by then.
      let again = plan.map { plan in group.count { !plan.claim(keys[$0]) } } ?? 0
      reused += again
      computed += group.count - again
      let done = first + group.count
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      progress(
        requests.count - missing.count + done, requests.count,
        String(format: "%.0f calls/s", Double(done) / max(seconds, 1e-9)))
    }
    return answers.map { $0! }
  }

  private func callKey(_ request: GenerationRequest) -> Data {
    var print = Fingerprint(StageVersion.generate)
    print.add(engine.identity)
    print.add(request.prompt)
    print.add(Double(request.sampling.temperature))
    print.add(request.sampling.topK ?? 0)
    print.add(Double(request.sampling.topP ?? 1))
    print.add(Int(bitPattern: UInt(request.key.seed)))
    print.add(request.key.stage)
    print.add(request.key.item)
    print.add(Int(bitPattern: UInt(request.key.draw)))
    print.add(request.maximumNewTokens)
    print.add(request.stopTokens)
    for stop in request.stopStrings { print.add(stop) }
    return print.data()
  }

  private func callKey(_ request: ChoiceRequest) -> Data {
    var print = Fingerprint(StageVersion.choices)
    print.add(engine.identity)
    print.add(request.prompt)
    for choice in request.choices { print.add(choice) }
    return print.data()
  }
}

/// A damaged memo row.
struct MemoError: Error, CustomStringConvertible {
  var description: String {
    "a remembered model call cannot be read; the record may be damaged — "
      + "move runs/solon.sqlite away and run again"
  }
}

extension [Float] {
  var memo: Data { withUnsafeBytes { Data($0) } }

  init(memo: Data) throws {
    guard memo.count % 4 == 0 else { throw MemoError() }
    self = memo.withUnsafeBytes { bytes in
      (0..<memo.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}

extension Generation {
  /// One byte for the reason, a count, the tokens, their log-probabilities.
  var memo: Data {
    var data = Data()
    let reason: UInt8 =
      switch finish {
      case .stopToken: 0
      case .stopString: 1
      case .length: 2
      }
    data.append(contentsOf: [reason, 0, 0, 0])
    tokens.withUnsafeBytes { data.append(contentsOf: $0) }
    logProbabilities.withUnsafeBytes { data.append(contentsOf: $0) }
    return data
  }

  init(memo: Data) throws {
    let count = (memo.count - 4) / 8
    guard memo.count >= 4, memo.count == 4 + 8 * count,
      let finish: FinishReason = [.stopToken, .stopString, .length].at(Int(memo[memo.startIndex]))
    else { throw MemoError() }
    let (tokens, logProbabilities) = memo.withUnsafeBytes { bytes in
      (
        (0..<count).map { bytes.loadUnaligned(fromByteOffset: 4 + 4 * $0, as: Int32.self) },
        (0..<count).map {
          bytes.loadUnaligned(fromByteOffset: 4 + 4 * (count + $0), as: Float.self)
        }
      )
    }
    self.init(tokens: tokens, logProbabilities: logProbabilities, finish: finish)
  }
}

extension Array {
  fileprivate func at(_ index: Int) -> Element? {
    indices.contains(index) ? self[index] : nil
  }
}
