import Foundation
import Testing

/// `solon import` as a process, on files of our own words.
@Suite struct ImportTests {
  @Test func writesAConstitutionThatCheckAccepts() throws {
    let project = try ImportProject()
    let outcome = try project.solon("import", "prompts", "--output", "constitutions/paper.lua")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("wrote constitutions/paper.lua: constitution 'paper'"))
    #expect(outcome.output.hasSuffix("next: solon check constitutions/paper.lua\n"))
    #expect(try project.written() == ["paper.lua"])
    let check = try project.solon("check", "constitutions/paper.lua")
    #expect(check.status == 0, "\(check.errors)")
    #expect(check.output.contains("'paper' version 1: 1 revision and 1 preference principles"))
  }

  @Test func replacesNothingWithoutForce() throws {
    let project = try ImportProject()
    try project.write("constitutions/paper.lua", "mine")
    let refused = try project.solon("import", "prompts", "--output", "constitutions/paper.lua")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("constitutions/paper.lua: is there already — "))
    #expect(refused.errors.contains("--force"))
    #expect(try project.read("constitutions/paper.lua") == "mine")
    let forced = try project.solon(
      "import", "prompts", "--output", "constitutions/paper.lua", "--force", "--name", "other")
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(try project.read("constitutions/paper.lua").contains("name = \"other\""))
  }

  @Test func badFilesEndInOneLineAndWriteNothing() throws {
    let project = try ImportProject()
    try project.write("prompts/RLMadisonInstructions.json", #"["\nChoose. Options:", "Pick."]"#)
    let outcome = try project.solon("import", "prompts", "--output", "constitutions/paper.lua")
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("solon: RLMadisonInstructions.json: entry 2: "))
    #expect(outcome.errors.count { $0 == "\n" } == 1)
    #expect(try project.written().isEmpty)
  }

  /// The published shapes hold, and the script is too large to be loaded.
  @Test func aScriptThatWouldNotLoadIsNotWritten() throws {
    let project = try ImportProject()
    let long = String(repeating: "a ", count: 600_000)
    try project.write("prompts/RLMadisonInstructions.json", #"["\n\#(long). Options:"]"#)
    try project.write("constitutions/paper.lua", "mine")
    let outcome = try project.solon(
      "import", "prompts", "--output", "constitutions/paper.lua", "--force")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("would not load, so it was not written: "))
    #expect(try project.written() == ["paper.lua"])
    #expect(try project.read("constitutions/paper.lua") == "mine")
  }

  @Test func theOutputIsAFileOfTheProject() throws {
    let project = try ImportProject()
    let outside = FileManager.default.temporaryDirectory
      .appendingPathComponent("solon-import-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: outside) }
    try FileManager.default.createSymbolicLink(
      at: project.root.appendingPathComponent("link"), withDestinationURL: outside)
    try FileManager.default.createDirectory(
      at: project.root.appendingPathComponent("constitutions/folder.lua"),
      withIntermediateDirectories: true)
    for (output, message) in [
      (outside.appendingPathComponent("paper.lua").path, "lies outside the project"),
      ("link/paper.lua", "lies outside the project"),
      ("nowhere/paper.lua", "there is no directory"),
      ("constitutions/folder.lua", "is a directory"),
    ] {
      let outcome = try project.solon("import", "prompts", "--output", output, "--force")
      #expect(outcome.status == 1, "\(output)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
    let other = try project.solon(
      "import", "prompts", "--output", outside.path + "/paper.lua", "--project", outside.path)
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.output.hasSuffix("/paper.lua --project \(outside.path)\n"))
  }

  @Test func wrongUsageIs64() throws {
    let project = try ImportProject()
    for arguments in [
      ["import", "prompts"], ["import", "prompts", "--output", "paper.txt"],
      ["import", "prompts", "--output", "paper.lua", "--name", ""],
    ] {
      #expect(try SolonProcess.run(arguments, in: project.root).status == 64, "\(arguments)")
    }
    #expect(try project.solon("import", "nowhere", "--output", "paper.lua").status == 1)
  }
}
