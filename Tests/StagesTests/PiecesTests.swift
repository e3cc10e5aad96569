import Foundation
import Inference
import RunStore
import Testing

@testable import Constitution
@testable import Stages

@Suite struct FingerprintTests {
  @Test func partsDoNotRunTogether() {
    func print(_ parts: [String]) -> String {
      var print = Fingerprint("t")
      for part in parts { print.add(part) }
      return print.hex()
    }
    #expect(print(["ab", "c"]) == print(["ab", "c"]))
    #expect(print(["ab", "c"]) != print(["a", "bc"]))
    #expect(print(["ab", "c"]) != print(["abc"]))
    #expect(print(["a"]).count == 64)
  }

  @Test func kindsAndNumbersCount() {
    var a = Fingerprint("t")
    a.add(1)
    var b = Fingerprint("t")
    b.add(1.0)
    #expect(a.hex() != b.hex())
    #expect(Fingerprint("t").hex() != Fingerprint("u").hex())
  }
}

@Suite struct MemoTests {
  @Test func generationsSurvive() throws {
    for finish in [FinishReason.stopToken, .stopString, .length] {
      let generation = Generation(
        tokens: [1, 70_000, 3], logProbabilities: [-0.5, -1e-8, 0], finish: finish)
      #expect(try Generation(memo: generation.memo) == generation)
    }
    let empty = Generation(tokens: [], logProbabilities: [], finish: .length)
    #expect(try Generation(memo: empty.memo) == empty)
  }

  @Test(arguments: [0, 1, 3, 7, 11])
  func damagedRowsAreErrors(_ length: Int) {
    #expect(throws: MemoError.self) { try Generation(memo: Data(count: length)) }
  }

  @Test func aSliceOfABufferIsReadFromItsStart() throws {
    let generation = Generation(tokens: [9], logProbabilities: [-2], finish: .length)
    let padded = Data([255, 255]) + generation.memo
    #expect(try Generation(memo: padded.dropFirst(2)) == generation)
  }
}

@Suite struct VoteTests {
  /// The probability is of the pair's A, whichever was shown first.
  @Test func ordersAreMappedToThePair() throws {
    let principle = PreferencePrinciple(id: "p", tags: [], weight: 1, text: "t")
    func vote(_ order: String) -> Double {
      Compare.Vote(
        principle: principle, order: order == "AB" ? .ab : .ba, logFirst: log(0.6),
        logSecond: log(0.2), reasoning: nil, parsed: true
      ).probabilityA
    }
    #expect(abs(vote("AB") - 0.75) < 1e-12)
    #expect(abs(vote("BA") - 0.25) < 1e-12)
  }
}

@Suite struct StageCounterTests {
  @Test func setAsideItemsAreCountedByReason() {
    var counter = StageCounter()
    counter.setAside("equal")
    counter.setAside("short", count: 0)
    counter.setAside("long", count: 2)
    counter.setAside("equal", count: 3)
    #expect(counter.setAside.map(\.reason) == ["equal", "long"])
    #expect(counter.setAside.map(\.count) == [4, 2])
  }
}
