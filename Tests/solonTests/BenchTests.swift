import Foundation
import Testing

@Suite struct BenchTests {
  /// The quickest of the tasks, for real: one object, whose figures agree.
  @Test func feedbackIsMeasured() throws {
    let outcome = try SolonProcess.run(
      ["bench", "feedback", "--config", "micro", "--rounds", "1", "--json"],
      in: FileManager.default.temporaryDirectory)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    func text(_ name: String) throws -> String { try #require(object[name] as? String, "\(name)") }
    func number(_ name: String) throws -> Double {
      try #require(object[name] as? Double, "\(name)")
    }
    #expect(try text("task") == "feedback")
    #expect(try text("config") == "micro")
    #expect(try text("precision") == "float32")
    #expect(try text("item") == "prompts")
    #expect(try number("rounds") == 1)
    // 128 prompts of 256 tokens a round.
    let seconds = try number("seconds")
    let least = try number("seconds_least")
    #expect(seconds > 0 && least == seconds)
    #expect(abs(try number("items_per_second") * seconds - 128) < 1e-6)
    #expect(abs(try number("tokens_per_second") * seconds - 128 * 256) < 1e-3)
    let operations = try number("operations_per_second")
    let share = try number("gemm_peak_share")
    #expect(share > 0.01)
    // Rows of 192 tokens in common, then 64 of each prompt: two operations for each
    // weight of six layers, four for each position a channel attends to, and the
    // head for the last row of each. Of the sixth layer the other rows need the keys
    // and values alone. The share itself depends on what else runs.
    let rows: Double = 192 + 128 * 64
    let attended: Double = 192 * 193 / 2 + 128 * (64 * 192 + 64 * 65 / 2)
    let weights: Double = 4 * 256 * 256 + 3 * 256 * 704
    let layers = 5 * (2 * weights * rows + 4 * 256 * attended)
    let keysAndValues: Double = 2 * 256 * 256
    let rest: Double = 128 * (2 * (weights - keysAndValues) + 4 * 256 * 256)
    let expected = layers + 2 * keysAndValues * rows + rest + 128 * 2 * 2048 * 256
    #expect(abs(operations * seconds / expected - 1) < 1e-9)
    #expect(abs(try number("gemm_peak") * share / operations - 1) < 1e-9)
    let shares = try #require(object["kernel_shares"] as? [String: Double])
    #expect(abs(shares.values.reduce(0, +) + (try number("other_share")) - 1) < 1e-9)
    #expect(try #require(shares["matmul"]) > 0.1 && #require(shares["attention"]) > 0)
    // The weights, 5.3 million floats, are held twice: to train, and to sample.
    #expect(try number("peak_memory_bytes") > 2 * 4 * 5.3e6)
  }

  @Test(arguments: [
    (["bench", "swim"], "swim"), (["bench", "train", "--rounds", "0"], "--rounds 0"),
    (["bench", "train", "--config", "huge"], "huge"),
    (["bench", "ppo", "--length", "8"], "--length"),
    (["bench", "generate", "--length", "449"], "--length 449"),
    (["bench", "train", "--lanes", "0"], "--lanes 0"),
  ])
  func wrongUseIsSaid(arguments: [String], value: String) throws {
    let outcome = try SolonProcess.run(arguments, in: FileManager.default.temporaryDirectory)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty && outcome.errors.contains(value))
  }
}
