import LuaHost
import Testing

@Suite struct LuaReleaseTests {
  /// The same expression with few constants and with many: the defect is the
  /// difference.
  @Test func theDefectIsNamedExactlyWhenThereIsOne() throws {
    let constants = (1...300).map { "\($0).25" }.joined(separator: ", ")
    #expect(try run("return 1 ~ (2 or 3)") == 3)
    let sound = try run("local many = { \(constants) } return 1 ~ (2 or 3)") == 3
    #expect(LuaRelease.current.knownDefects.isEmpty == sound)
    #expect(LuaRelease.current.name.hasPrefix("Lua 5.4"))
    // The way around it that the sentence gives.
    #expect(try run("local many, x = { \(constants) }, 2 or 3 return 1 ~ x") == 3)
  }
}
