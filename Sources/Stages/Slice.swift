import Constitution
import RunStore

extension Pipeline {
  /// The part of the method that trains nothing, to see the effect of an edit
  /// within seconds: first responses, their revisions, votes on pairs of the
  /// starting model's answers, and labels. What the evaluator says of the
  /// training prompts' answers is recorded; held-out prompts are not touched.
  ///
  /// The keys of all draws are those of a whole run, so a slice and a run share
  /// what they have in common.
  func slice(_ run: RunRecord) throws -> RunOutcome {
    let context = try self.context(run)
    let sequence = StageSequence(context, count: 5)
    try recordStart(context)
    let base = context.engine(start)
    let responses = try sequence.stage("respond", [base]) {
      try Respond().run(context, model: base)
    }
    let revisions = try sequence.stage("revise", [base]) {
      try CritiqueAndRevise().run(context, model: base, responses: responses.harmful)
    }
    let compared = try sequence.stage("compare", [base]) {
      try Compare().run(context, policy: base, feedback: base)
    }
    try sequence.stage("label") {
      let labels = try Label().run(
        context, compared: compared, source: context.settings.label.source)
      try recordAgreement(labels.harmful, context)
    }
    try sequence.stage("evaluate") {
      let evaluate = Evaluate()
      try evaluate.record(responses.harmful, as: "helpful-only", context)
      try evaluate.record(revisions, of: responses.harmful, context)
    }
    return RunOutcome(seconds: sequence.seconds, luaSeconds: hooks.seconds)
  }

  /// How the labels of red-team pairs compare with the evaluator's choices.
  private func recordAgreement(_ labels: [Label.Labelled], _ context: StageContext) throws {
    var right = 0
    var decided = 0
    for label in labels {
      let (a, b) = (label.pair.a.text, label.pair.b.text)
      let choice = try context.hooks.compareHarmlessness(label.pair.prompt, a, b)
      guard choice != .tie else { continue }
      decided += 1
      if (label.probability > 0.5) == (choice == .a) { right += 1 }
    }
    guard decided > 0 else { return }
    context.counter.figures["agreement"] = Double(right) / Double(decided)
    context.counter.figures["agreement_pairs"] = Double(decided)
  }
}
