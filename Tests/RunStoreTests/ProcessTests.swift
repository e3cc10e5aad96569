import Foundation
import Testing

@testable import RunStore

/// What several processes do to one store. The other processes are this test
/// program itself, started to run only `otherProcess` below.
@Suite(.serialized) struct ProcessTests {
  private static let environment = ProcessInfo.processInfo.environment
  static let batchSize = 50

  /// Writes batches of samples and memo entries: so many, or until killed.
  @Test(.enabled(if: environment["RUNSTORE_TEST_DIRECTORY"] != nil))
  func otherProcess() throws {
    let environment = ProcessTests.environment
    let path = try #require(environment["RUNSTORE_TEST_DIRECTORY"])
    let name = try #require(environment["RUNSTORE_TEST_NAME"])
    let batches = Int(environment["RUNSTORE_TEST_BATCHES"] ?? "") ?? .max
    let store = try RunStore(directory: URL(fileURLWithPath: path))
    let run = try store.begin(draftRun(name))
    var batch = 0
    while batch < batches {
      let numbers = (batch * ProcessTests.batchSize)..<((batch + 1) * ProcessTests.batchSize)
      try store.insert(numbers.map { sample(run.id, "p\($0)") })
      try store.memoise(
        numbers.map { number in (Data("\(name)/\(number)".utf8), Data("\(number)".utf8)) })
      batch += 1
    }
    try store.finish(run, status: .finished, outcome: RunOutcome())
  }

  private func start(_ name: String, batches: Int?, in directory: URL) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--testing-library", "swift-testing", "--filter", "otherProcess"]
    var environment = ProcessTests.environment
    environment["RUNSTORE_TEST_DIRECTORY"] = directory.path
    environment["RUNSTORE_TEST_NAME"] = name
    environment["RUNSTORE_TEST_BATCHES"] = batches.map(String.init)
    process.environment = environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  @Test func afterAKillEveryCommittedBatchIsThereWhole() throws {
    let directory = try TemporaryDirectory()
    let store = try RunStore(directory: directory.url)
    for round in 0..<3 {
      let name = "killed \(round)"
      let process = try start(name, batches: nil, in: directory.url)
      defer { if process.isRunning { process.terminate() } }
      // Let it write for a while, then kill it in the middle of something.
      let deadline = Date(timeIntervalSinceNow: 30)
      var count = 0
      while count < 10 * ProcessTests.batchSize, Date() < deadline {
        usleep(5_000 + UInt32(round) * 1_700)
        if let run = try? store.run(matching: name) {
          #expect(run.status == .running)
          count = try store.samples(of: run.id).count
        }
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)

      let again = try RunStore(existing: directory.url)
      let run = try again.run(matching: name)
      #expect(run.status == .interrupted)
      let samples = try again.samples(of: run.id)
      #expect(samples.count >= 10 * ProcessTests.batchSize)
      #expect(samples.count % ProcessTests.batchSize == 0)
      #expect(samples.map(\.promptId) == (0..<samples.count).map { "p\($0)" })
      // The memo of the last batch may be missing, but not a part of it.
      let memo = try again.memo((0..<samples.count).map { Data("\(name)/\($0)".utf8) })
      let known = memo.prefix { $0 != nil }.count
      #expect(memo.compactMap { $0 }.count == known)
      #expect(known >= samples.count - ProcessTests.batchSize)
      #expect(known % ProcessTests.batchSize == 0)
    }
  }

  @Test func twoProcessesWriteAtOnce() throws {
    let directory = try TemporaryDirectory()
    let names = ["first", "second"]
    let processes = try names.map { try start($0, batches: 100, in: directory.url) }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let store = try RunStore(existing: directory.url)
    #expect(Set(try store.runs().map(\.name)) == Set(names))
    for name in names {
      let run = try store.run(matching: name)
      #expect(run.status == .finished)
      #expect(try store.samples(of: run.id).count == 100 * ProcessTests.batchSize)
    }
  }
}
