public import Transformer

/// What is measured: the kinds of work that a run of the method is made of.
public enum BenchmarkTask: String, CaseIterable, Sendable, Codable {
  /// Optimiser steps of supervised training.
  case train
  /// Continuing prompts by sampling.
  case generate
  /// Choosing between two one-token answers to prompts with a common beginning.
  case feedback
  /// Optimiser steps of preference-model training.
  case preference
  /// Whole iterations of PPO: sampling, scoring, updates.
  case ppo
}

/// The shape of model that is measured. Weights are random: speed does not
/// depend on them.
public enum BenchmarkModel: String, CaseIterable, Sendable, Codable {
  /// 5.3 million parameters, as of a model that a run trains from scratch.
  case micro
  /// 134.5 million parameters, as of the smallest published chat models.
  case smol

  public var configuration: ModelConfiguration {
    switch self {
    case .micro:
      ModelConfiguration(
        vocabularySize: 2048, hiddenSize: 256, intermediateSize: 704, layerCount: 6,
        headCount: 8, maximumPositions: 512, endOfTextToken: 1)
    case .smol:
      ModelConfiguration(
        vocabularySize: 49152, hiddenSize: 576, intermediateSize: 1536, layerCount: 30,
        headCount: 9, keyValueHeadCount: 3, maximumPositions: 2048, endOfTextToken: 1)
    }
  }
}
