import Foundation
import KeyedRandom
import Testing

@testable import Transformer

@Suite struct CheckpointJSONTests {
  private func parse(_ text: String) throws(CheckpointJSONError) -> CheckpointJSON {
    try CheckpointJSON(parsing: text.utf8)
  }

  @Test func values() throws {
    #expect(try parse(" null ") == .null)
    #expect(try parse("true") == .boolean(true))
    #expect(try parse("-0") == .integer(0))
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("9223372036854775808") == .number(0x1p63))
    #expect(try parse("-1.5e3") == .number(-1500))
    #expect(try parse(#""a\u00e9\ud83d\ude42\n\/""#) == .string("aé🙂\n/"))
    #expect(try parse("[1,[ ],{}]") == .array([.integer(1), .array([]), .object([])]))
    let object = try parse(#"{"b": 1, "a": {"c": null}}"#)
    #expect(object["b"] == .integer(1))
    #expect(object["a"]?["c"] == nil)
    #expect(object.members?.map(\.key) == ["b", "a"])
  }

  /// Keys that Unicode holds for equal are different keys here.
  @Test func keysAreComparedExactly() throws {
    let object = try parse("{\"\u{e9}\": 1, \"e\u{301}\": 2}")
    #expect(object["\u{e9}"] == .integer(1))
    #expect(object["e\u{301}"] == .integer(2))
  }

  @Test(arguments: [
    "", " ", "nul", "01", "1.", ".5", "+1", "1e", "-", "1 2", "[1,]", "[1", "{\"a\":1,}", "{\"a\"}",
    "{a:1}", "'a'", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
    "\"\\udc00\"", "\"\n\"", "{\"a\":1,\"a\":2}", "1e999", "NaN", "[1]]", "\u{feff}1",
    String(repeating: "[", count: 101) + String(repeating: "]", count: 101),
    String(repeating: "[", count: 1_000_000),
  ])
  func refuses(_ text: String) {
    #expect(throws: CheckpointJSONError.self) { try parse(text) }
  }

  @Test func refusesInvalidUTF8() {
    #expect(throws: CheckpointJSONError.self) {
      try CheckpointJSON(parsing: [0x22, 0xff, 0x22] as [UInt8])
    }
    #expect(throws: CheckpointJSONError.self) {
      try CheckpointJSON(parsing: [0x22, 0x5c, 0x6e, 0xc3, 0x22] as [UInt8])
    }
  }

  @Test func textAndBack() throws {
    let value = CheckpointJSON.object([
      .init(key: "quote \" \\ \u{1} \t", value: .string("é🙂\r\n")),
      .init(key: "list", value: .array([.integer(-3), .number(0.1), .boolean(false), .null])),
      .init(key: "empty", value: .object([])),
    ])
    for depth in 0...3 { #expect(try parse(value.text(indentedDepth: depth)) == value) }
    let foundation = try JSONSerialization.jsonObject(with: Data(value.text().utf8))
    #expect((foundation as? [String: Any])?["quote \" \\ \u{1} \t"] as? String == "é🙂\r\n")
  }

  /// Foundation and this parser accept the same damaged texts, and read them
  /// alike, but for what this one refuses on purpose: repeated keys.
  @Test func agreesWithFoundation() throws {
    let text = Array(#"{"a":[1,-2.5e+1,true,null],"b":{"c":"\u00e9\n","d":""},"e":0}"#.utf8)
    var generator = RandomKey(seed: 4, stage: "test", item: "json").generator()
    var accepted = 0
    for _ in 0..<4_000 {
      var damaged = text
      let alphabet = Array("0123456789{}[],:\"\\ntrue-+.E ".utf8)
      damaged[generator.index(below: text.count)] =
        alphabet[
          generator.index(below: alphabet.count)]
      let ours = try? CheckpointJSON(parsing: damaged)
      if let ours {
        accepted += 1
        let readers = [damaged, Array(ours.text().utf8)].map { bytes in
          try? JSONSerialization.jsonObject(with: Data(bytes)) as? NSDictionary
        }
        #expect(
          readers[0] != nil && readers[0] == readers[1],
          "\(String(decoding: damaged, as: UTF8.self))")
      }
    }
    #expect(accepted > 500)
  }
}
