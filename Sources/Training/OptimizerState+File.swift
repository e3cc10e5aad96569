public import Foundation
public import Transformer

extension OptimizerState {
  private struct Description: Codable {
    var step: Int
    var tag: String
  }

  /// Writes the state and the model's weights, from which the run goes on as if
  /// it had never stopped. `tag` names what the run is (its data and options);
  /// only the same tag restores it.
  public func save(_ model: Model, tag: String, to url: URL) throws {
    try TrainingFile.write(
      [("weights", model.parameters), ("first", firstMoment), ("second", secondMoment)],
      description: Description(step: step, tag: tag), to: url)
  }

  /// Reads what `save` wrote, the weights into `model`.
  /// - Throws: `TrainingError` if the file is of another run or another model,
  ///   `CheckpointError` if it is missing or damaged.
  public convenience init(restoring model: Model, tag: String, from url: URL) throws {
    self.init(for: model)
    let (file, description) = try TrainingFile.open(url, Description.self)
    guard description.tag == tag else {
      throw TrainingError(
        "\(url.path): the state of run '\(description.tag)', not of '\(tag)';"
          + " delete the file to start over")
    }
    try TrainingFile.read("weights", from: file, into: model.parameters)
    try TrainingFile.read("first", from: file, into: firstMoment)
    try TrainingFile.read("second", from: file, into: secondMoment)
    step = description.step
  }
}
