import Foundation
import Testing

/// `solon watch` and `solon diff` as processes.
@Suite(.serialized) struct WatchTests {
  private static let project = Result { try TinyProject() }

  /// A `solon watch` that is running.
  private final class Watching {
    private let process = Process()
    private let output: URL
    private let errors: URL

    init(_ root: URL) throws {
      output = root.appendingPathComponent(".watch-output")
      errors = root.appendingPathComponent(".watch-errors")
      for url in [output, errors] { try Data().write(to: url) }
      process.executableURL = SolonProcess.executable
      process.arguments = ["watch", "experiment.lua", "--limit", "6"]
      process.currentDirectoryURL = root
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      // Not SIGTERM: a test's thread may block it, and its child inherits that.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }

    /// Everything printed so far, once it holds `text` `count` times.
    func wait(for text: String, count: Int) throws -> String {
      let end = Date().addingTimeInterval(60)
      while Date() < end, process.isRunning {
        let printed = try String(contentsOf: output, encoding: .utf8)
        if printed.components(separatedBy: text).count > count { return printed }
        usleep(20_000)
      }
      let printed = try String(contentsOf: output, encoding: .utf8)
      throw TinyProjectError(
        description: "'\(text)' was not printed \(count) times in: \(printed) "
          + (try String(contentsOf: errors, encoding: .utf8)))
    }

    func standardError() throws -> String { try String(contentsOf: errors, encoding: .utf8) }
  }

  @Test func savesAreSeenAndTheirEffectIsShown() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let watching = try Watching(copy.root)
    let first = try watching.wait(for: "watching 2 files", count: 1)
    #expect(first.contains("revision-2"))

    try copy.edit("constitution.lua", "make it calm", "make it green")
    let second = try watching.wait(for: "watching 2 files", count: 2)
    #expect(second.contains("constitution.revision_principles[calm].revision"))
    #expect(second.contains("  - make it calm\n  + make it green"))
    #expect(second.contains("revision rounds changed"))

    // A broken edit keeps the loop alive.
    try copy.edit("constitution.lua", "make it green", "make it {{green}}")
    try copy.edit("constitution.lua", "return r.score end", "return r.score + nil end")
    _ = try watching.wait(for: "waiting for the next save", count: 1)
    #expect(try watching.standardError().contains("attempt to perform arithmetic on a nil value"))

    try copy.edit("constitution.lua", "return r.score + nil end", "return r.score end")
    try copy.edit("constitution.lua", "make it {{green}}", "make it calm")
    let last = try watching.wait(for: "watching 2 files", count: 3)
    #expect(last.contains("  - make it green\n  + make it calm"))

    // What was watched is on record, and can be compared again.
    let ids = last.matches(of: /run ([0-9a-f]{6}) in/).map { String($0.1) }
    #expect(ids.count >= 3)
    let diff = try SolonProcess.run(["diff", ids[0], ids[1]], in: copy.root)
    #expect(diff.status == 0)
    #expect(diff.output.contains("  - make it calm\n  + make it green"))
    let listed = try SolonProcess.run(["runs", "--json", "--count", "2"], in: copy.root)
    let rows = listed.output.split(separator: "\n")
    #expect(rows.count == 2)
    #expect(rows.allSatisfy { $0.contains("\"name\":\"tiny (slice)\"") }, "\(listed.output)")
    let same = try SolonProcess.run(["diff", ids[0], ids[ids.count - 1]], in: copy.root)
    #expect(same.output.contains("none of 12 revision rounds changed"))
    #expect(try SolonProcess.run(["diff", ids[0], ids[0]], in: copy.root).status == 64)
  }

  /// Loading leaves a byte order mark out, and that is no save.
  @Test func aByteOrderMarkIsNoSave() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let script = copy.root.appendingPathComponent("constitution.lua")
    try (Data([0xEF, 0xBB, 0xBF]) + Data(contentsOf: script)).write(to: script)
    let watching = try Watching(copy.root)
    _ = try watching.wait(for: "watching 2 files", count: 1)
    sleep(2)
    try copy.edit("constitution.lua", "make it calm", "make it green")
    let printed = try watching.wait(for: "make it green", count: 1)
    let before = printed.components(separatedBy: "make it green")[0]
    #expect(before.components(separatedBy: "watching 2 files").count == 2)
  }

  @Test func aFileThatDoesNotExistEndsIt() throws {
    let copy = try TinyCopy(of: Self.project.get())
    let outcome = try SolonProcess.run(["watch", "nothing.lua"], in: copy.root, deadline: 30)
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("no file"))
  }
}
