import Foundation
import LuaHost
import Testing

/// Our matcher against the one of the installed `lua5.4`, on random subjects
/// and patterns made mostly of special characters.
@Suite struct PatternTests {
  /// A chunk that prints one line per case: results, or the error without its
  /// position.
  private static func chunk(cases: Int, seed: UInt64) -> String {
    var random = SplitMix(state: seed)
    let pieces = [
      "a", "b", "c", ".", "%a", "%s", "%d", "%W", "[ab]", "[^a]", "[%a_]",
      "[a-c]", "[]]", "[^]b]", "*", "+", "-", "?", "(", ")", "()", "%1", "%2",
      "^", "$", "%b()", "%bab", "%f[%w]", "%f[^a]", "[", "%", "%%", "%.",
      "\\0", "(a)", "(.-)", "(a*)", "(.)",
    ]
    let letters = ["a", "b", "c", " ", "(", ")", "1", ".", "%", "\\0"]
    let replacements = [
      "'<%0>'", "'%1'", "'%2%%'", "'x'", "'%'", "{ a = 'A', b = false }",
      "function(x, y) return x and '[' .. x .. ']' end", "42",
      "function() return {} end",
    ]
    func pick(_ list: [String], _ count: Int) -> String {
      (0..<count).map { _ in list[random.index(below: list.count)] }.joined()
    }
    var text = """
      local function show(ok, ...)
        local out = { tostring(ok) }
        for i = 1, select("#", ...) do
          local v = (select(i, ...))
          out[i + 1] = type(v) .. ":" .. tostring(v)
        end
        -- Positions and chunk names differ, messages must not.
        if not ok then out[2] = out[2]:gsub("^string:.-%.lua:%d+: ", "") end
        lines[#lines + 1] = table.concat(out, "|")
      end

      """
    for _ in 0..<cases {
      let subject = "\"" + pick(letters, random.index(below: 9)) + "\""
      let pattern = "\"" + pick(pieces, 1 + random.index(below: 5)) + "\""
      let start = random.index(below: 12) - 5
      let replacement = replacements[random.index(below: replacements.count)]
      let limit = random.index(below: 4)
      text += """
        show(pcall(string.find, \(subject), \(pattern), \(start)))
        show(pcall(string.find, \(subject), \(pattern), \(start), true))
        show(pcall(string.match, \(subject), \(pattern), \(start)))
        show(pcall(string.gsub, \(subject), \(pattern), \(replacement)))
        show(pcall(string.gsub, \(subject), \(pattern), 'y', \(limit)))
        show(pcall(function()
          local all = {}
          for a, b in string.gmatch(\(subject), \(pattern), \(start)) do
            all[#all + 1] = tostring(a) .. ";" .. tostring(b)
          end
          return table.concat(all, ",")
        end))

        """
    }
    return text
  }

  private static let interpreter = "/usr/bin/lua5.4"

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: interpreter)),
    arguments: UInt64(1)...6)
  func resultsAreThoseOfStockLua(seed: UInt64) throws {
    let body = Self.chunk(cases: 500, seed: seed)
    let project = try Project([
      "stock.lua": "lines = {}\n" + body
        + "\nio.write((table.concat(lines, '\\n'):gsub('%z', '\\\\0')))"
    ])
    let machine = try project.machine(
      limits: Limits(loadInstructions: 1_000_000_000))
    let ours = try project.run(
      machine,
      "local lines = {}\n" + body
        + "\nreturn (table.concat(lines, '\\n'):gsub('%z', '\\\\0'))"
    ).stringValue!.split(separator: "\n", omittingEmptySubsequences: false)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.interpreter)
    process.arguments = [project.root.appendingPathComponent("stock.lua").path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let stock = String(decoding: data, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)

    #expect(ours.count == stock.count)
    #expect(stock.count > 2500)
    #expect(stock.filter { $0.hasPrefix("true|string") }.count > 300)
    #expect(stock.filter { $0.hasPrefix("false") }.count > 300)
    for (index, pair) in zip(ours, stock).enumerated() where pair.0 != pair.1 {
      Issue.record("result \(index): ours \(pair.0), stock \(pair.1)")
    }
  }
}
