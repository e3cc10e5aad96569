import Constitution
import LuaHost
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

    // 1. Draw a principle for every prompt.
    let principles = try prompts.map { prompt in
      try context.hooks.drawRevisionPrinciple(
        for: prompt, round: round, key: context.key("\(stage) draw", prompt.id, round))
    }
    var items = prompts.indices.map { index in
      Questions.Item(
        values: [
          "prompt": prompts[index].text, "response": current[index],
          "principle.critique": principles[index].critique,
          "principle.revision": principles[index].revision,
        ], key: context.key(stage, prompts[index].id, 2 * round),
        activity: Activity(
          "\(stage) round", round, "prompt", prompts[index].id, principle: principles[index].id))
    }
    func ask(_ template: TemplateName, _ what: String) throws -> [Questions.Answer] {
      try context.questions.ask(
        template, items, of: model, temperature: settings.temperature,
        limit: settings.maximumTokens, progress: context.progress("round \(round) \(what)"))
    }

    // 2. Critique.
    var critiques: [Questions.Answer?] = prompts.map { _ in nil }
    if settings.critiques {
      critiques = try ask(.critique, "critiques")
      for index in items.indices { items[index].values["critique"] = critiques[index]!.text }
    }

    // 3. Revise.
    for index in items.indices {
      items[index].key = context.key(stage, prompts[index].id, 2 * round + 1)
    }
    let revisions = try ask(settings.critiques ? .revision : .directRevision, "revisions")
    return prompts.indices.map { index in
      Step(
        prompt: prompts[index], round: round, principle: principles[index],
        response: current[index], critique: critiques[index]?.text ?? "",
        revision: revisions[index].text,
        ended: revisions[index].ended && critiques[index]?.ended != false)
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
