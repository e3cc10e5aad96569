public import Constitution
public import Foundation
import Kernels
import LuaHost
import Transformer

/// The model an experiment starts from, loaded once for as many runs as need it.
public struct StartingModel: Sendable {
  let checkpoint: Checkpoint

  /// Loads the Hugging Face directory that the experiment names.
  public init(_ experiment: Experiment, root: URL) throws {
    do {
      checkpoint = try Checkpoint.load(
        modelDirectory(experiment.model, root: root), head: .languageModel,
        precision: experiment.precision)
    } catch {
      throw ScriptError(
        "experiment.model: \(error)",
        at: experiment.resolved.location?.ofPart([.field("model")]), path: "experiment.model",
        reason: .file)
    }
  }
}

extension Experiment {
  var precision: Precision { computesInBfloat16 ? .bfloat16 : .float32 }
}

/// The directory of a model: a path from the project's root, or an absolute
/// one, since models are often kept in one place for many projects.
public func modelDirectory(_ path: String, root: URL) -> URL {
  path.hasPrefix("/") ? URL(fileURLWithPath: path) : root.appendingPathComponent(path)
}
