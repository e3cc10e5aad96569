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
    for (pair, votes) in compared.harmful {
      var label = try context.hooks.label(
        votes.map(\.forLabel), for: pair.prompt, a: pair.a.text, b: pair.b.text,
        settings: context.settings)
      if let probability = label {
        switch source {
        case .principles: break
        case .flipped: label = 1 - probability
        case .random:
          var generator = context.key("label coin", pair.id).generator()
          label = generator.uniform() < 0.5 ? probability : 1 - probability
        }
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
      let probability: Double =
        switch try context.hooks.compareHelpfulness(pair.prompt, pair.a.text, pair.b.text) {
        case .a: 1
        case .b: 0
        case .tie: 0.5
        }
      comparisons.append(pair.record(context, set: .helpful, label: probability))
      helpful.append(Labelled(pair: pair, probability: probability))
    }
    // Only the main system's labels are the run's; a control's are not kept.
    if source == context.settings.label.source { try context.store.insert(comparisons) }
    context.counter.items = harmful.count + helpful.count
    return Output(harmful: harmful, helpful: helpful)
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
