public import ArgumentParser
public import Benchmarks
import Foundation
public import Kernels
import Transformer

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast this machine trains, samples and judges.",
    discussion: """
      Weights and tokens are random, under fixed seeds. Each task is done once to warm up, then \
      in timed rounds, whose median is printed, then once more with clocks in the kernels.
      """)

  enum Task: String, ExpressibleByArgument, CaseIterable {
    case train, generate, feedback, preference, ppo, all

    var benchmarks: [BenchmarkTask] {
      BenchmarkTask(rawValue: rawValue).map { [$0] } ?? BenchmarkTask.allCases
    }
  }

  @Argument(help: "What to measure.")
  var task: Task

  @Option(name: .long, help: "The model's shape: 5.3 or 134.5 million parameters.")
  var config = BenchmarkModel.micro

  @Option(name: .long, help: "What products by weights are computed in.")
  var precision = Precision.float32

  @Option(name: .long, help: "Timed rounds.")
  var rounds = 3

  @Option(name: .long, help: "Threads that work.")
  var lanes = Lanes.standardCount

  @Option(name: .long, help: "Training, generation: documents or prompts of a round.")
  var sequences: Int?

  @Option(name: .long, help: "Training, generation: tokens of a document or of a prompt.")
  var length: Int?

  @Flag(name: .long, help: "Print one JSON object a line for each measurement.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds \(rounds): expected at least 1") }
    if !(1...64).contains(lanes) { throw ValidationError("--lanes \(lanes): expected 1 to 64") }
    if let sequences, sequences < 1 {
      throw ValidationError("--sequences \(sequences): expected at least 1")
    }
    if sequences != nil || length != nil, task != .train, task != .generate {
      throw ValidationError("--sequences and --length: for train and generate only")
    }
    // Generation adds 64 tokens to a prompt.
    let most = config.configuration.maximumPositions - (task == .generate ? 64 : 0)
    if let length, !(2...most).contains(length) {
      throw ValidationError("--length \(length): expected 2 to \(most)")
    }
  }

  func run() throws {
    try reportingFailure {
      try BLAS.load()
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      for task in task.benchmarks {
        let benchmark = Benchmark(
          task, config, precision: precision, rounds: rounds, lanes: lanes,
          shape: .init(sequences: sequences, length: length))
        try benchmark.run { result in
          Console.line(
            json
              ? String(decoding: try encoder.encode(result), as: UTF8.self)
              : result.lines.joined(separator: "\n"))
        }
      }
    }
  }
}

extension BenchmarkModel: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

extension BenchmarkResult {
  /// For people.
  fileprivate var lines: [String] {
    func figure(_ name: String, _ text: String) -> String {
      "  " + name.padding(toLength: 12, withPad: " ", startingAt: 0) + text
    }
    var lines = [
      "\(task.rawValue)  \(config.rawValue)  \(shape)  \(precision.rawValue), \(lanes) lanes, \(vectors.rawValue), OpenBLAS \(blasCore)",
      figure(
        "speed",
        String(format: "%.0f tokens/s, %.3g ", tokensPerSecond, itemsPerSecond) + "\(item)/s"),
      figure(
        "round",
        String(
          format: "%.3f s (%.3f to %.3f, %d timed)", seconds, secondsLeast, secondsMost, rounds)),
      figure(
        "arithmetic",
        String(
          format: "%.0f GFLOP/s, %.2f of the %.0f that large matrix products reach",
          operationsPerSecond / 1e9, gemmPeakShare, gemmPeak / 1e9)),
      figure(
        "time",
        (kernelShares.filter { $0.value >= 0.005 }.sorted { $0.value > $1.value }
          + [("other", otherShare)])
          .map { $0.key + String(format: " %.2f", $0.value) }.joined(separator: ", ")),
    ]
    if let phaseSeconds {
      let parts = phaseSeconds.sorted { $0.key < $1.key }
        .map { $0.key + String(format: " %.3f s", $0.value) }
      lines.append(figure("parts", parts.joined(separator: ", ")))
    }
    if let bytesPerSecond, let readPeak, let readPeakShare {
      lines.append(
        figure(
          "weights",
          String(
            format: "%.1f GB/s, %.2f of the %.1f that all lanes read from memory",
            bytesPerSecond / 1e9, readPeakShare, readPeak / 1e9)))
    }
    if let peakMemoryBytes {
      lines.append(
        figure("memory", String(format: "%.0f MB at most", Double(peakMemoryBytes) / 1e6)))
    }
    return lines
  }
}
