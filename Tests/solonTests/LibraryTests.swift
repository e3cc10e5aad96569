import Foundation
import Testing

/// The constitutions, examples and tests that the repository ships.
@Suite struct LibraryTests {
  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every constitution and every test beside one.
  private static let scripts: [String] = {
    let folders = ["constitutions", "constitutions/only"]
    return folders.flatMap { folder -> [String] in
      let url = repository.appendingPathComponent(folder)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
      return names.filter { $0.hasSuffix(".lua") }.sorted().map { "\(folder)/\($0)" }
    }
  }()

  private func check(_ script: String) throws -> SolonProcess.Outcome {
    let runs = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-no-runs-\(UUID().uuidString)").path
    return try SolonProcess.run(
      ["check", script, "--project", Self.repository.path, "--runs", runs],
      in: Self.repository, deadline: 60)
  }

  @Test(arguments: scripts)
  func everyScriptIsSound(script: String) throws {
    let outcome = try check(script)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("\(script): "))
  }

  @Test func everyConstitutionIsTested() throws {
    let tests = Self.scripts.filter { $0.hasSuffix("_test.lua") }
    #expect(Self.scripts.count - tests.count >= 13 && tests.count >= 7)
    let texts = try tests.map {
      try String(contentsOf: Self.repository.appendingPathComponent($0), encoding: .utf8)
    }.joined()
    for script in Self.scripts where !script.hasSuffix("_test.lua") {
      let module = script.dropLast(4).replacingOccurrences(of: "/", with: ".")
      let folder = module.split(separator: ".").dropLast().joined(separator: ".")
      #expect(
        texts.contains("\"\(module)\"") || texts.contains("\"\(folder).\""),
        "no test requires \(module)")
    }
  }

  @Test func theQuickstartIsSound() throws {
    let outcome = try check("examples/quickstart.lua")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("a run would take about"))
    #expect(outcome.output.contains("constitutions/harmless_test.lua: "))
  }
}
