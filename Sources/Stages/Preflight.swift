import Constitution
import Transformer

/// What can be known before any compute: that prompts fit the model's context,
/// and that PPO will end turns where everything else does.
struct Preflight {
  let experiment: Experiment
  let start: Checkpoint

  func check() throws {
    let conversation = try Conversation(tokenizer: start.tokenizer, chat: start.chat)
    let configuration = start.model.configuration
    guard
      (configuration.endOfTurnToken ?? configuration.endOfTextToken) == Int(conversation.endOfTurn)
    else {
      throw StageError(
        "\(experiment.model): config.json ends a turn with another token than chat_format.json — "
          + "make eos_token_id \(conversation.endOfTurn)")
    }
    let context = configuration.maximumPositions
    let sets = experiment.prompts
    for (name, prompts, limit) in [
      ("harmful", sets.harmful, experiment.stages.respond.maximumTokens),
      ("helpful", sets.helpful, experiment.stages.respond.maximumTokens),
      ("harmful", sets.harmful, experiment.stages.ppo.maximumTokens + 1),
      ("helpful", sets.helpful, experiment.stages.ppo.maximumTokens + 1),
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
