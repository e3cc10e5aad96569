import ArgumentParser
import Foundation
import Inference
import Kernels
import KeyedRandom
import Report
import Stages
import Transformer

struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sample a model's answer to a prompt.")

  @Option(name: .long, help: "A Hugging Face directory.")
  var model: String

  @Option(name: .long, help: "0 takes the likeliest token each time.")
  var temperature: Float = 1

  @Option(name: .long, help: "Keep only the K likeliest tokens.")
  var topK: Int?

  @Option(name: .long, help: "Keep the likeliest tokens that together have this probability.")
  var topP: Float?

  @Option(name: .long, help: "Most tokens to sample.")
  var maxTokens: Int = 128

  @Option(name: .long, help: "Names the draw; the same seed gives the same answer.")
  var seed: UInt64 = 1

  @Option(name: .long, help: "What products by weights are computed in.")
  var precision = Precision.float32

  @Flag(name: .long, help: "Take the prompt as it is: no chat format, special tokens recognised.")
  var raw = false

  @Argument(help: "What the user says.")
  var prompt: String

  func validate() throws {
    if !(temperature >= 0) || !temperature.isFinite {
      throw ValidationError("--temperature \(temperature): expected a number of at least 0")
    }
    if let topK, topK < 1 { throw ValidationError("--top-k \(topK): expected at least 1") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p \(topP): expected a number in (0, 1]")
    }
    if maxTokens < 1 { throw ValidationError("--max-tokens \(maxTokens): expected at least 1") }
  }

  func run() throws {
    try reportingFailure {
      try BLAS.load()
      let checkpoint = try Checkpoint.load(
        URL(fileURLWithPath: model), head: .languageModel, precision: precision)
      let conversation = try Conversation(
        tokenizer: checkpoint.tokenizer, chat: checkpoint.chat)
      let engine = LocalEngine(checkpoint)
      let request = GenerationRequest(
        prompt: raw ? checkpoint.tokenizer.encode(prompt) : conversation.prompt(prompt),
        sampling: Sampling(temperature: temperature, topK: topK, topP: topP),
        key: RandomKey(seed: seed, stage: "generate", item: prompt),
        maximumNewTokens: maxTokens, stopTokens: [conversation.endOfTurn])
      let generation = try engine.generate([request])[0]
      Console.line(
        TerminalText.escaped(conversation.text(of: generation), keepsLines: true))
    }
  }
}
