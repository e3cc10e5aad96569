import LuaHost
import Testing

@testable import solon

@Suite struct ValueDifferenceTests {
  private func changes(_ old: LuaValue, _ new: LuaValue) -> [String] {
    ValueDifference(from: old, to: new, path: "x") { _, _ in true }.lines(width: 80)
  }

  @Test func equalValuesHaveNone() {
    let value: LuaValue = ["a": [1, 2, ["id": "p"]], "b": "text"]
    #expect(changes(value, value) == [])
  }

  @Test func everyPartIsNamedByItsPath() {
    #expect(
      changes(["a": 1, "b": ["c": true], "gone": 2], ["a": 1.5, "b": ["c": false], "new": "n"])
        == ["x.a: 1 → 1.5", "x.b.c: true → false", "x.gone: removed, was 2", "x.new: added, \"n\""])
    #expect(changes([1, 2], [1]) == ["x[2]: removed, was 2"])
    #expect(changes(["a b": 1], ["a b": "1"]) == ["x['a b']: 1 → \"1\""])
    #expect(changes(1, [1]) == ["x: 1 → { 1 }"])
  }

  @Test func elementsWithAnIDAreFollowedByIt() {
    let a: LuaValue = ["id": "a", "n": 1]
    let b: LuaValue = ["id": "b", "n": 2]
    let new: LuaValue = ["id": "c", "n": 3]
    #expect(changes([a, b], [new, a, b]) == ["x['c']: added, { id = \"c\", n = 3 }"])
    #expect(changes([a, b], [b]) == ["x['a']: removed, was { id = \"a\", n = 1 }"])
    #expect(changes([a, b], [b, a]) == ["x (order): \"a b\" → \"b a\""])
    // Not by an id that two of them have.
    #expect(changes([a, a], [a, b]) == ["x[2].id: \"a\" → \"b\"", "x[2].n: 1 → 2"])
  }

  @Test func longTextsAreShownWhereTheyPart() {
    let common = String(repeating: "same ", count: 60)
    let end = String(repeating: "tail ", count: 60)
    let lines = changes(
      ["t": .string(common + "old " + end)], ["t": .string(common + "new " + end)])
    #expect(lines.map { $0.prefix(6) } == ["x.t:", "  - \"…", "  + \"…"])
    #expect(lines.dropFirst().first?.contains("same old tail") == true)
    #expect(lines.last?.contains("same new tail") == true)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(
      changes(["t": .string(common + "old")], ["t": .string(common + "new")]).count == 1)
  }

  @Test func manyChangesAreCounted() {
    let old = LuaValue.table(LuaTable(array: (0..<100).map { .integer($0) }))
    let new = LuaValue.table(LuaTable(array: (0..<100).map { .integer($0 + 1) }))
    let lines = changes(old, new)
    #expect(lines.count == ValueDifference.limit + 1)
    #expect(lines.last == "… 60 more changes")
  }
}
