import Constitution
import Transformer

/// What can be known before any compute: that prompts fit the model's context.
struct Preflight {
  let experiment: Experiment
  let start: Checkpoint

  func check() throws {
    let conversation = try Conversation(tokenizer: start.tokenizer, chat: start.chat)
    let context = start.model.configuration.maximumPositions
    let sets = experiment.prompts
    for (name, prompts, limit) in [
      ("harmful", sets.harmful, experiment.stages.respond.maximumTokens),
      ("helpful", sets.helpful, experiment.stages.respond.maximumTokens),
      ("harmful_heldout", sets.harmfulHeldOut, experiment.stages.evaluate.maximumTokens),
      ("helpful_heldout", sets.helpfulHeldOut, experiment.stages.evaluate.maximumTokens),
    ] {
      for (index, prompt) in prompts.enumerated() {
        let count = conversation.prompt(prompt.text).count
        if count + limit > context {
          throw StageError(
            "prompts.\(name)[\(index + 1)] '\(prompt.id)': \(count) tokens and up to \(limit) new ones "
              + "do not fit the model's context of \(context) — shorten it or lower max_tokens")
        }
      }
    }
  }
}
