import LuaHost
import Testing

/// What a function computes, as a fingerprint.
@Suite struct FingerprintTests {
  private func fingerprint(_ text: String) throws -> String {
    let project = try Project()
    let machine = try project.machine()
    let function = try #require(project.run(machine, text).functionValue)
    return try machine.fingerprint(of: function)
  }

  @Test func aHostFunctionCountsByItsName() throws {
    func through(_ name: String) throws -> String {
      try fingerprint("local pick = \(name) return function(a, b) return pick(a, b) end")
    }
    #expect(try through("math.max") == through("math.max"))
    #expect(try through("math.max") != through("math.min"))
    #expect(try through("string.rep") != through("math.min"))
    #expect(try through("tostring") != through("tonumber"))
  }

  @Test func aTableCountsByItsContents() throws {
    func over(_ text: String) throws -> String {
      try fingerprint("local t = \(text) return function(k) return t[k] end")
    }
    #expect(try over("{ a = 1, b = 2 }") == over("{ b = 2, a = 1 }"))
    #expect(try over("{ a = 1, b = 2 }") != over("{ a = 2, b = 1 }"))
    #expect(try over("{ 1, 2, [4] = 3 }") != over("{ 1, 2, [5] = 3 }"))
    #expect(try over("{ [true] = 1 }") != over("{ [false] = 1 }"))
  }

  /// A function that refers to a large table is looked through once.
  @Test func largeTablesTakeTimeInProportion() throws {
    let clock = ContinuousClock()
    func seconds(_ count: Int) throws -> Double {
      let text = """
        local t = {}
        for i = 1, \(count) do t["key " .. i] = i end
        return function(k) return t[k] end
        """
      let project = try Project()
      let machine = try project.machine()
      let function = try #require(project.run(machine, text).functionValue)
      // The least of a few, as the machine may be busy.
      return try (0..<3).map { _ in
        try clock.measure { _ = try machine.fingerprint(of: function) } / .seconds(1)
      }.min()!
    }
    _ = try seconds(1000)
    // In proportion it is 16 times; with a look through the table for each key, 256.
    #expect(try seconds(80_000) < 80 * max(seconds(5000), 1e-4))
  }
}
