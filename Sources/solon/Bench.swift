public import ArgumentParser
public import Benchmarks
import Foundation
import Kernels

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

  @Option(name: .long, help: "Timed rounds.")
  var rounds = 3

  @Flag(name: .long, help: "Print one JSON object a line for each measurement.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds \(rounds): expected at least 1") }
  }

  func run() throws {
    try reportingFailure {
      try BLAS.load()
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      for task in task.benchmarks {
        try Benchmark(task, config, rounds: rounds).run { result in
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

extension BenchmarkResult {
  /// For people.
  fileprivate var lines: [String] {
    func figure(_ name: String, _ text: String) -> String {
      "  " + name.padding(toLength: 12, withPad: " ", startingAt: 0) + text
    }
    var lines = [
      "\(task.rawValue)  \(config.rawValue)  \(shape)  \(precision), \(lanes) lanes, OpenBLAS \(blasCore)",
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
        String(
          format: "matrix products %.2f, attention %.2f, other %.2f", matmulShare,
          attentionShare, otherShare)),
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
