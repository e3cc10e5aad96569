import Testing

@testable import Report

@Suite struct JSONDifferenceTests {
  private func changes(_ before: String, _ after: String) -> [String] {
    JSONDifference.changes(from: before, to: after).map {
      "\($0.path): \($0.before ?? "–") > \($0.after ?? "–")"
    }
  }

  @Test func leavesAreNamedByTheirPath() {
    #expect(
      changes(
        #"{"a":1,"b":{"c":"x","d":[1,2]}}"#, #"{"a":1,"b":{"c":"y","d":[1,3,4]},"e":true}"#)
        == ["b.c: x > y", "b.d[2]: 2 > 3", "b.d[3]: – > 4", "e: – > true"])
  }

  @Test func elementsWithIdsAreKnownByThem() {
    #expect(
      changes(
        #"{"p":[{"id":"one","t":"x"},{"id":"two","t":"y"}]}"#,
        #"{"p":[{"id":"new","t":"n"},{"id":"two","t":"y"},{"id":"one","t":"z"}]}"#)
        == [#"p[new]: – > {"id":"new","t":"n"}"#, "p[one].t: x > z"])
  }

  @Test func equalTextsDoNotDiffer() {
    #expect(changes(#"{"a":[1,{"id":"x"}]}"#, #"{"a":[1,{"id":"x"}]}"#) == [])
  }
}
