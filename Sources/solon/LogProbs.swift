import ArgumentParser
import Foundation
import Inference
import Kernels
import Stages
import Transformer

struct LogProbs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logprobs",
    abstract: "Print the log-probability of every token of a text.",
    discussion:
      "Special tokens in the text are recognised. The first token has none before it, so no log-probability."
  )

  @Option(name: .long, help: "A Hugging Face directory.")
  var model: String

  @Option(name: .long, help: "What products by weights are computed in.")
  var precision = Precision.float32

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Argument(help: "The text.")
  var text: String

  private struct Answer: Encodable {
    struct Token: Encodable {
      var id: Int32
      var text: String
      var logprob: Float?
    }
    var tokens: [Token]
    /// Sum over all tokens but the first, nats.
    var total: Double
    /// `exp(-total / predicted tokens)`; absent when nothing is predicted.
    var perplexity: Double?
  }

  func run() throws {
    try reportingFailure {
      try BLAS.load()
      let checkpoint = try Checkpoint.load(
        URL(fileURLWithPath: model), head: .languageModel, precision: precision)
      let tokenizer = checkpoint.tokenizer
      let tokens = tokenizer.encode(text)
      guard !tokens.isEmpty else { throw UsageError("the text is empty") }
      let engine = LocalEngine(checkpoint)
      let values = try engine.tokenLogProbabilities([tokens])[0]
      let rows = tokens.enumerated().map { index, token in
        Answer.Token(
          id: token, text: tokenizer.decode([token], skippingSpecialTokens: false),
          logprob: index == 0 ? nil : values[index - 1])
      }
      let total = values.reduce(0.0) { $0 + Double($1) }
      if json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let answer = Answer(
          tokens: rows, total: total,
          perplexity: values.isEmpty ? nil : exp(-total / Double(values.count)))
        Console.line(String(decoding: try encoder.encode(answer), as: UTF8.self))
      } else {
        for row in rows {
          let value = row.logprob.map { String(format: "%9.4f", $0) } ?? "        -"
          Console.line("\(value)  \(row.id)\t\(row.text.debugDescription)")
        }
        Console.line(String(format: "%9.4f  total", total))
      }
    }
  }
}
