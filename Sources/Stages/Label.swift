import Constitution
import KeyedRandom
import RunStore

/// Turns votes into soft labels with the constitution's `label` function. No
/// model is called here: changing `label` re-labels the votes on record.
struct Label {
  typealias Source = StageSettings.Label.Source

  struct Labelled {
    var pair: Compare.Pair
    /// P(the pair's A is better), in [0, 1].
    var probability: Double
  }

  struct Output {
    var harmful: [Labelled]
    var helpful: [Labelled]
  }

  /// `source` puts coin flips or the opposite in place of the harmlessness
  /// labels, for controls; the helpfulness labels stay.
  func run(
    _ context: StageContext, compared: Compare.Output, source: Source
  ) throws -> Output {
    var harmful: [Labelled] = []
    var comparisons: [ComparisonRecord] = []
    for (pair, votes) in source == .none ? [] : compared.harmful {
      var label = try probability(pair, votes, source, context)
      if let probability = label, context.settings.label.noise > 0 {
        var generator = context.key("label noise", pair.id).generator()
        if generator.uniform() < context.settings.label.noise { label = 1 - probability }
      }
      comparisons.append(pair.record(context, set: .harmful, label: label))
      if let label {
        harmful.append(Labelled(pair: pair, probability: label))
      } else {
        context.counter.setAside("pairs that label() dropped")
      }
    }

    var helpful: [Labelled] = []
    for pair in compared.helpful {
      let probability = try context.hooks.compareHelpfulness(
        pair.prompt, pair.a.text, pair.b.text
      ).probabilityA
      comparisons.append(pair.record(context, set: .helpful, label: probability))
      helpful.append(Labelled(pair: pair, probability: probability))
    }
    // Only the main system's labels are the run's; a control's are not kept.
    if source == context.settings.label.source { try context.store.insert(comparisons) }
    context.counter.items = harmful.count + helpful.count
    return Output(harmful: harmful, helpful: helpful)
  }

  /// P(A is better) by `source`, before noise; nil when `label` drops the pair.
  private func probability(
    _ pair: Compare.Pair, _ votes: [Compare.Vote], _ source: Source, _ context: StageContext
  ) throws -> Double? {
    if !source.needsVotes {
      return try context.hooks.compareHarmlessness(
        pair.prompt, pair.a.text, pair.b.text, instruction: context.settings.label.instruction
      ).probabilityA
    }
    let label = try context.hooks.label(
      votes.map(\.forLabel), for: pair.prompt, a: pair.a.text, b: pair.b.text,
      settings: context.settings)
    guard let label else { return nil }
    switch source {
    case .flipped: return 1 - label
    case .random:
      var generator = context.key("label coin", pair.id).generator()
      return generator.uniform() < 0.5 ? label : 1 - label
    case .principles, .evaluator, .none: return label
    }
  }
}

extension ScriptHooks.Choice {
  /// A person's choice as P(A is better).
  var probabilityA: Double {
    switch self {
    case .a: 1
    case .b: 0
    case .tie: 0.5
    }
  }
}

extension Compare.Pair {
  fileprivate func record(
    _ context: StageContext, set: PromptSet, label: Double?
  ) -> ComparisonRecord {
    ComparisonRecord(
      runId: context.run.id, id: id, promptId: prompt.id, promptSet: set, textA: a.text,
      textB: b.text, label: label, dropped: label == nil ? "label() returned nil" : nil)
  }
}
