import Foundation
import RunStore
import Testing

/// A directory of its own for a test, removed when the test lets go of it.
final class TemporaryDirectory {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("runstore-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

let testMachine = MachineRecord(
  cpu: "Test CPU", cores: 2, lanes: 2, blasCore: "SkylakeX", luaVersion: "5.4.4",
  toolVersion: "1.0.0")

func draftRun(_ name: String = "quickstart", seed: Int64 = 1) -> RunRecord {
  RunRecord(
    name: name, seed: seed, command: "solon run examples/quickstart.lua",
    experiment: #"{"name":"quickstart"}"#, constitutionName: "harmless",
    constitutionVersion: 1, constitutionHash: "00ff", machine: testMachine)
}

func sample(
  _ runId: String, _ promptId: String, stage: String = "revise", draw: Int = 0
) -> SampleRecord {
  SampleRecord(
    runId: runId, stage: stage, promptId: promptId, promptSet: .harmful, draw: draw,
    kind: .response, text: "text of \(promptId)/\(draw)", tokenCount: 3,
    finish: "stopToken")
}

/// The error that `body` throws; fails the test when there is none.
func storeError(
  _ body: () throws -> Void, at location: SourceLocation = #_sourceLocation
) -> StoreError? {
  do {
    try body()
    Issue.record("no error was thrown", sourceLocation: location)
  } catch let error as StoreError {
    return error
  } catch {
    Issue.record("unexpected error: \(error)", sourceLocation: location)
  }
  return nil
}
