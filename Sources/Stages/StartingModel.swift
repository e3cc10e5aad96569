public import Foundation
import Transformer

/// The model an experiment starts from, loaded once for as many runs as need it.
public struct StartingModel: Sendable {
  let checkpoint: Checkpoint

  /// Loads the Hugging Face directory at `directory`.
  public init(_ directory: URL) throws {
    checkpoint = try Checkpoint.load(directory, head: .languageModel)
  }
}
