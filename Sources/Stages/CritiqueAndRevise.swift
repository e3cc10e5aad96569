import Constitution
import Inference
import RunStore

/// The supervised stage's loop: draw a principle, ask for a critique, ask for
/// a revision, let the revision replace the response, and again.
struct CritiqueAndRevise {
  /// One round of one prompt.
  struct Step {
    var prompt: Prompt
    var round: Int
    var principle: RevisionPrinciple
    /// The response that was criticised.
    var response: String
    /// Empty when revising directly.
    var critique: String
    var revision: String
    /// Whether both the critique and the revision ended by themselves.
    var ended: Bool

    /// What the constitution's `keep` is asked about.
    var sample: ScriptHooks.RevisionSample {
      .init(
        prompt: prompt, round: round, principle: principle, response: response,
        critique: critique, revision: revision)
    }
  }

  /// Where the draws are keyed: training and held-out chains differ.
  var stage = "revise"

  /// Returns every round, in order; each holds one step for each response.
  func run(
    _ context: StageContext, model: MemoisedEngine, responses: [Response]
  ) throws -> [[Step]] {
    var current = responses.map(\.text)
    var rounds: [[Step]] = []
    for round in 1...context.settings.revise.rounds {
      let steps = try self.round(
        round, context, model: model, prompts: responses.map(\.prompt), current: current)
      current = steps.map(\.revision)
      try record(steps, context)
      rounds.append(steps)
    }
    context.counter.items += responses.count * rounds.count
    context.counter.setAside(
      "rounds with a critique or revision without an end",
      count: rounds.joined().count { !$0.ended })
    return rounds
  }

  private func round(
    _ round: Int, _ context: StageContext, model: MemoisedEngine, prompts: [Prompt],
    current: [String]
  ) throws -> [Step] {
    let settings = context.settings.revise
    func ask(
      _ template: TemplateName, _ values: [[String: String]], draw: Int, _ what: String
    ) throws -> [Generation] {
      let shared = context.conversation.tokens(
        context.experiment.constitution.prefix(of: template))
      let requests = try zip(prompts, values).map { prompt, values in
        let pieces = try context.hooks.render(
          template, values, context: "\(stage) round \(round), prompt \(prompt.id)")
        return context.request(
          shared + context.conversation.tokens(pieces), shared: shared.count,
          temperature: settings.temperature, limit: settings.maximumTokens,
          key: context.key(stage, prompt.id, draw))
      }
      return try model.generate(requests, progress: context.progress("round \(round) \(what)"))
    }

    // 1. Draw a principle for every prompt.
    let principles = try prompts.map { prompt in
      try context.hooks.drawRevisionPrinciple(
        for: prompt, round: round, key: context.key("\(stage) draw", prompt.id, round))
    }
    var values = zip(zip(prompts, current), principles).map { item, principle in
      [
        "prompt": item.0.text, "response": item.1,
        "principle.critique": principle.critique, "principle.revision": principle.revision,
      ]
    }

    // 2. Critique.
    var critiques: [Generation?] = prompts.map { _ in nil }
    if settings.critiques {
      critiques = try ask(.critique, values, draw: 2 * round, "critiques")
      for index in values.indices {
        values[index]["critique"] = context.conversation.text(of: critiques[index]!)
      }
    }

    // 3. Revise.
    let revisions = try ask(
      settings.critiques ? .revision : .directRevision, values, draw: 2 * round + 1,
      "revisions")
    return prompts.indices.map { index in
      Step(
        prompt: prompts[index], round: round, principle: principles[index],
        response: current[index], critique: values[index]["critique"] ?? "",
        revision: context.conversation.text(of: revisions[index]),
        ended: revisions[index].finish != .length && critiques[index]?.finish != .length)
    }
  }

  private func record(_ steps: [Step], _ context: StageContext) throws {
    func sample(_ step: Step, _ kind: SampleKind, _ text: String) -> SampleRecord {
      SampleRecord(
        runId: context.run.id, stage: stage, promptId: step.prompt.id,
        promptText: step.prompt.text, promptSet: .harmful, category: step.prompt.category,
        round: step.round, kind: kind, text: text, finish: step.ended ? "end" : "length",
        principleId: step.principle.id)
    }
    if context.settings.revise.critiques {
      let parents = try context.store.insert(steps.map { sample($0, .critique, $0.critique) })
      try context.store.insert(
        zip(steps, parents).map { step, parent in
          var revision = sample(step, .revision, step.revision)
          revision.parent = parent
          return revision
        })
    } else {
      try context.store.insert(steps.map { sample($0, .revision, $0.revision) })
    }
  }
}
