import Constitution
import RunStore

/// First responses: the helpful-only model answers every training prompt.
struct Respond {
  struct Output {
    /// One answer to each red-team prompt.
    var harmful: [Response]
    /// `helpful_samples` answers to each ordinary prompt.
    var helpful: [Response]
  }

  func run(_ context: StageContext, model: MemoisedEngine) throws -> Output {
    let settings = context.settings.respond
    let prompts = context.experiment.prompts
    let harmful = try context.respond(
      to: prompts.harmful, draws: 1, engine: model, stage: "respond",
      temperature: settings.temperature, limit: settings.maximumTokens)
    let helpful = try context.respond(
      to: prompts.helpful, draws: settings.helpfulSamples, engine: model, stage: "respond",
      temperature: settings.temperature, limit: settings.maximumTokens)
    try context.record(harmful, stage: "respond", system: "helpful-only", set: .harmful)
    try context.record(helpful, stage: "respond", system: "helpful-only", set: .helpful)
    context.counter.items = harmful.count + helpful.count
    context.counter.setAside(
      "answers without an end", count: (harmful + helpful).count { !$0.ended })
    return Output(harmful: harmful, helpful: helpful)
  }
}
