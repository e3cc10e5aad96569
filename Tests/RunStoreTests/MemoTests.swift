import Foundation
import Testing

@testable import RunStore

@Suite struct MemoTests {
  let directory: TemporaryDirectory
  let store: RunStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try RunStore(directory: directory.url)
  }

  @Test func knownKeysComeBackInOrderAndUnknownOnesAreNil() throws {
    let a = Data([1, 0, 2])
    let b = Data([1, 0])
    try store.memoise([(a, Data("a".utf8)), (b, Data())])
    #expect(
      try store.memo([b, Data([9]), a, a])
        == [Data(), nil, Data("a".utf8), Data("a".utf8)])
    #expect(try store.memo([]).isEmpty)
  }

  @Test func theFirstValueOfAKeyStays() throws {
    let key = Data([7])
    try store.memoise([(key, Data([1])), (key, Data([2]))])
    try store.memoise([(key, Data([3]))])
    #expect(try store.memo([key]) == [Data([1])])
  }

  @Test func theMemoOutlivesTheProcessThatFilledIt() throws {
    try store.memoise([(Data([7]), Data([1]))])
    let again = try RunStore(directory: directory.url)
    #expect(try again.memo([Data([7])]) == [Data([1])])
  }

  private struct Payload: Codable, Equatable {
    var weights: String
    var losses: [Double]
  }

  @Test func stagesAreRememberedByFingerprint() throws {
    let payload = Payload(weights: "ab", losses: [1.5, 0.1])
    try store.memoiseStage("f1", payload)
    #expect(try store.stageMemo("f1", as: Payload.self) == payload)
    #expect(try store.stageMemo("f2", as: Payload.self) == nil)
    // Something of another shape counts as not known.
    #expect(try store.stageMemo("f1", as: [Int].self) == nil)
    try store.memoiseStage("f1", Payload(weights: "cd", losses: []))
    #expect(try store.stageMemo("f1", as: Payload.self)?.weights == "cd")
  }

  /// Keys are SHA-256 sized; values about what a generation of 128 tokens
  /// takes.
  @Test func tenThousandKeysAreLookedUpInAFifthOfASecond() throws {
    let pairs = (0..<10_000).map { index in
      var state = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 &+ 1
      let key = (0..<32).map { _ -> UInt8 in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state)
      }
      return (Data(key), Data(repeating: UInt8(index & 255), count: 1024))
    }
    try store.memoise(pairs)
    let keys = pairs.map(\.0)
    // Processor time of this thread, which does the looking up, and the best of
    // five: other work may share the machine.
    let lookups = try (0..<5).map { _ in
      let start = threadSeconds()
      let found = try store.memo(keys)
      let seconds = threadSeconds() - start
      #expect(found == pairs.map { Optional($0.1) })
      return seconds
    }
    let best = try #require(lookups.min())
    #expect(best < 0.2)
    // A clock that stands still would pass any limit.
    #expect(best > 0)
  }

  private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
