import Testing

@testable import KeyedRandom

@Suite struct KeyedRandomTests {
  /// The known-answer vectors published with Random123 1.09.
  @Test func philoxMatchesPublishedVectors() {
    let zero = philox4x32(counter: (0, 0, 0, 0), key: (0, 0))
    #expect(zero == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    let ones = philox4x32(
      counter: (.max, .max, .max, .max), key: (.max, .max))
    #expect(ones == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    let pi = philox4x32(
      counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      key: (0xa409_3822, 0x299f_31d0))
    #expect(pi == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test func keysSeparateDraws() {
    let base = RandomKey(seed: 1, stage: "respond", item: "p1")
    var variants = [base, base, base, base, base]
    variants[1].seed = 2
    variants[2].stage = "revise"
    variants[3].item = "p2"
    variants[4].draw = 1
    let firsts = variants.map { key -> UInt64 in
      var generator = key.generator()
      return generator.next()
    }
    #expect(Set(firsts).count == 5)
    var again = base.generator()
    #expect(again.next() == firsts[0])
  }

  @Test func uniformAndNormalHaveTheirMoments() {
    var generator = RandomKey(seed: 7, stage: "t", item: "x").generator()
    let count = 40_000
    let uniforms = (0..<count).map { _ in generator.uniform() }
    #expect(abs(uniforms.reduce(0, +) / Double(count) - 0.5) < 0.01)
    let normals = (0..<count).map { _ in generator.normal() }
    #expect(abs(normals.reduce(0, +) / Double(count)) < 0.02)
    let square = normals.reduce(0) { $0 + $1 * $1 } / Double(count)
    #expect(abs(square - 1) < 0.03)
  }
}
