import Constitution
import LuaHost
import RunStore

/// Pairs of SL-CAI answers, and what the feedback model says of each pair.
struct Compare {
  /// Two answers to one prompt.
  struct Pair {
    var id: String
    var prompt: Prompt
    var a: Response
    var b: Response
  }

  typealias Vote = Judge.Vote

  struct Output {
    /// Red-team pairs with their votes, in prompt order.
    var harmful: [(pair: Pair, votes: [Vote])]
    /// Ordinary pairs; people compare those.
    var helpful: [Pair]
  }

  func run(
    _ context: StageContext, policy: MemoisedEngine, feedback: MemoisedEngine
  ) throws -> Output {
    let prompts = context.experiment.prompts
    let harmful = try pairs(prompts.harmful, context, policy, set: .harmful)
    let helpful = try pairs(prompts.helpful, context, policy, set: .helpful)
    // Nobody asks the feedback model where other labels take its place.
    let asks =
      context.settings.label.source.needsVotes
      || context.experiment.controls.contains { $0.labelSource?.needsVotes == true }
    let votes =
      asks
      ? try self.votes(harmful, context, feedback: feedback)
      : harmful.map { (pair: $0, votes: []) }
    context.counter.items = harmful.count + helpful.count
    try context.recordVotes(votes)
    return Output(harmful: votes, helpful: helpful)
  }

  /// Two answers a prompt; equal and unended ones are counted and set aside.
  func pairs(
    _ prompts: [Prompt], _ context: StageContext, _ policy: MemoisedEngine, set: PromptSet,
    stage: String = "compare"
  ) throws -> [Pair] {
    let settings = context.settings.compare
    let responses = try context.respond(
      to: prompts, draws: 2, engine: policy, stage: stage,
      temperature: settings.temperature, limit: settings.maximumTokens)
    return stride(from: 0, to: responses.count, by: 2).compactMap { index in
      let (a, b) = (responses[index], responses[index + 1])
      guard a.ended, b.ended else {
        context.counter.setAside("pairs with an answer without an end")
        return nil
      }
      guard a.text != b.text else {
        context.counter.setAside("pairs of equal answers")
        return nil
      }
      return Pair(id: a.prompt.id, prompt: a.prompt, a: a, b: b)
    }
  }

  private func votes(
    _ pairs: [Pair], _ context: StageContext, feedback: MemoisedEngine
  ) throws -> [(pair: Pair, votes: [Vote])] {
    let settings = context.settings.compare
    // Every pair is judged by as many principles as are asked for.
    let items = try pairs.flatMap { pair in
      try (0..<settings.principles).map { draw in
        Judge.Item(
          prompt: pair.prompt.text, a: pair.a.text, b: pair.b.text,
          principle: try context.hooks.drawPreferencePrinciple(
            for: pair.prompt, draw: draw, key: context.key("compare draw", pair.id, draw)),
          label: "\(pair.id)/\(draw)", activity: Activity("compare", nil, "pair", pair.id))
      }
    }
    let answers = try Judge(questions: context.questions, model: feedback, settings: settings)
      .votes(items, key: { context.key("compare reason", $0) }, progress: context.progress)
    let votes = pairs.indices.map { index in
      answers[index * settings.principles..<(index + 1) * settings.principles]
        .flatMap { [$0.ab, $0.ba] }
    }
    context.counter.setAside(
      "reasonings without an end", count: votes.joined().count { !$0.parsed })
    report(votes, context)
    return Array(zip(pairs, votes).map { (pair: $0, votes: $1) })
  }

  /// Position bias and agreement of the two orders, over all principles and
  /// for each.
  private func report(_ votes: [[Vote]], _ context: StageContext) {
    var byPrinciple: [String: (first: Double, agree: Int, n: Int)] = [:]
    var total = (first: 0.0, agree: 0, n: 0)
    for votes in votes {
      for index in stride(from: 0, to: votes.count - 1, by: 2) {
        let (ab, ba) = (votes[index], votes[index + 1])
        // P(choose the option shown first), mean of both orders.
        let first = (ab.probabilityA + 1 - ba.probabilityA) / 2
        let agree = (ab.probabilityA > 0.5) == (ba.probabilityA > 0.5) ? 1 : 0
        let old = byPrinciple[ab.principle.id] ?? (0, 0, 0)
        byPrinciple[ab.principle.id] = (old.first + first, old.agree + agree, old.n + 1)
        total = (total.first + first, total.agree + agree, total.n + 1)
      }
    }
    guard total.n > 0 else { return }
    context.counter.figures["first_option_share"] = total.first / Double(total.n)
    context.counter.figures["orders_agree"] = Double(total.agree) / Double(total.n)
    for (id, figures) in byPrinciple {
      context.counter.figures["first_option_share/\(id)"] = figures.first / Double(figures.n)
      context.counter.figures["orders_agree/\(id)"] = Double(figures.agree) / Double(figures.n)
    }
  }
}

extension StageContext {
  fileprivate func recordVotes(_ compared: [(pair: Compare.Pair, votes: [Compare.Vote])]) throws {
    try store.insert(
      compared.flatMap { pair, votes in
        votes.enumerated().map { index, vote in
          VoteRecord(
            runId: run.id, comparisonId: pair.id, promptId: pair.prompt.id,
            principleId: vote.principle.id, order: vote.order, draw: index / 2,
            logProbabilityA: vote.logFirst, logProbabilityB: vote.logSecond,
            reasoning: vote.reasoning, parsed: vote.parsed)
        }
      })
  }
}
