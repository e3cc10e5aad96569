import Foundation
import Testing

/// How long the fuzz tests run and where they start: by the environment, so
/// that `scripts/fuzz` runs the same for longer.
enum Fuzz {
  static let seconds = number("SOLON_FUZZ_SECONDS", 1.0)
  static let seed = UInt64(number("SOLON_FUZZ_SEED", 1))

  /// Where the input of the running case lies.
  private static let inputs =
    ProcessInfo.processInfo.environment["SOLON_FUZZ_INPUTS"].map { URL(fileURLWithPath: $0) }
    ?? FileManager.default.temporaryDirectory

  private static func number(_ name: String, _ standard: Double) -> Double {
    ProcessInfo.processInfo.environment[name].flatMap { Double($0) } ?? standard
  }

  /// Runs cases until the time is over, but no fewer than 200, or one fails. Case `n` depends on the
  /// seed and `n` only. Its input lies in a file while it runs, for the case
  /// that the process does not survive it.
  static func cases(
    _ name: String, input: (inout SplitMix) throws -> String,
    run: (String, inout SplitMix) throws -> Void
  ) throws {
    let kept = inputs.appendingPathComponent("solon-fuzz-\(name)-\(getpid())")
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var number: UInt64 = 0
    while clock.now < end || number < 200 {
      var random = SplitMix(state: seed &* 1_000_003 &+ number)
      let text = try input(&random)
      try Data("seed \(seed), case \(number)\n\(text)\n".utf8).write(to: kept)
      var failed = false
      do {
        try run(text, &random)
      } catch {
        Issue.record("\(name): seed \(seed), case \(number): \(error)\n\(text)")
        failed = true
      }
      try FileManager.default.removeItem(at: kept)
      if failed { return }
      number += 1
    }
    print("fuzz \(name): \(number) cases from seed \(seed)")
  }
}

/// What a fuzzed case may not do.
struct Unfit: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Numbers for test cases (Steele, Lea and Flood's SplitMix64).
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func index(below count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func element<T>(of list: [T]) -> T { list[index(below: list.count)] }
  mutating func chance(_ one: Int) -> Bool { index(below: one) == 0 }
}
