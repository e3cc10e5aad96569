import ArgumentParser
import Constitution
import Foundation
import LuaHost

struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the published prompts of the Constitutional AI paper as a constitution.",
    discussion: """
      Reads the five JSON files of the directory `prompts` in \
      github.com/anthropics/ConstitutionalHarmlessnessPaper, and says what it \
      found uneven in them and what became of it.
      """)

  @Argument(help: "The directory of the JSON files.")
  var directory: String

  @Option(name: .long, help: "The Lua file to write, inside the project.")
  var output: String

  @Option(name: .long, help: "The constitution's name; the output's when left out.")
  var name: String?

  @Flag(name: .long, help: "Replace the output if it is there.")
  var force = false

  @OptionGroup var project: ProjectOptions

  private var outputURL: URL { URL(fileURLWithPath: output).standardizedFileURL }

  func validate() throws {
    if outputURL.pathExtension != "lua" {
      throw ValidationError("--output \(output): expected a file name that ends in .lua")
    }
    if name == "" { throw ValidationError("--name: expected a name, got an empty text") }
  }

  func run() throws {
    try reportingFailure {
      let script = try NewScript(at: outputURL, project: project.root, replacing: force)
      let prompts = try PublishedPrompts(directory: URL(fileURLWithPath: directory))
      let writer = ConstitutionWriter(
        prompts, name: name ?? outputURL.deletingPathExtension().lastPathComponent)
      let constitution = try script.write(writer.text) { file in
        let loaded = try ScriptLoader(root: project.root).load(file.path, kinds: "constitution")
        return try Constitution(loaded.value)
      }
      report(constitution, prompts)
    }
  }

  private func report(_ constitution: Constitution, _ prompts: PublishedPrompts) {
    Console.line("wrote \(output): constitution '\(constitution.name)'")
    Console.line(
      "  principles  \(constitution.revisionPrinciples.count) for revising, "
        + "\(constitution.preferencePrinciples.count) for choosing")
    for name in TemplateName.allCases {
      guard let texts = constitution.exemplars[name] else { continue }
      let bytes = texts.reduce(0) { $0 + $1.utf8.count }
      Console.line("  few-shot    \(texts.count) before \(name.rawValue), \(bytes) bytes")
    }
    Console.line("uneven in the published texts, and what became of it:")
    for quirk in prompts.quirks { Console.line("  \(quirk)") }
    Console.line(
      "  all texts: no end is marked: answers end at `stop` in \(output), or at turn_end if you set it"
    )
    let root = project.project == "." ? "" : " --project \(project.project)"
    Console.line("next: solon check \(output)\(root)")
  }
}
