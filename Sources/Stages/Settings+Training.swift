import Constitution
import Training

extension OptimizerOptions {
  /// The optimiser that a script's settings describe.
  init(_ settings: StageSettings.Optimizer) {
    self.init(
      learningRate: settings.learningRate, beta2: settings.beta2,
      weightDecay: settings.weightDecay, clipNorm: settings.clip,
      schedule: settings.cosine ? .cosine(floor: 0.1) : .constant,
      warmupSteps: settings.warmupSteps)
  }
}
