import Constitution
import Foundation
import Inference
import RunStore
import Transformer

/// Pairs of SL-CAI answers, and what the feedback model says of each pair.
///
/// Every question is put in both orders, so that a liking for the first
/// option can be seen and taken out. With chain of thought the model reasons
/// first and then chooses.
struct Compare {
  /// Two answers to one prompt.
  struct Pair {
    var id: String
    var prompt: Prompt
    var a: Response
    var b: Response
  }

  /// The answer to one question in one order.
  struct Vote {
    var principle: PreferencePrinciple
    var order: VoteOrder
    /// Natural log-probabilities of choosing the option shown first and second.
    var logFirst: Double
    var logSecond: Double
    /// The reasoning, when it was asked for.
    var reasoning: String?
    /// False when the reasoning did not end.
    var parsed: Bool

    /// P(the pair's A is better): the two choices' share, for this order.
    var probabilityA: Double {
      let first = 1 / (1 + exp(logSecond - logFirst))
      return order == .ab ? first : 1 - first
    }
  }

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
    let votes = try self.votes(harmful, context, feedback: feedback)
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

  private struct Question {
    var pair: Int
    var principle: PreferencePrinciple
    var order: VoteOrder
    var values: [String: String]
    var label: String
  }

  private func votes(
    _ pairs: [Pair], _ context: StageContext, feedback: MemoisedEngine
  ) throws -> [(pair: Pair, votes: [Vote])] {
    let settings = context.settings.compare
    // 1. Draw the principles, and write each question in both orders.
    var questions: [Question] = []
    for (index, pair) in pairs.enumerated() {
      for draw in 0..<settings.principles {
        let principle = try context.hooks.drawPreferencePrinciple(
          for: pair.prompt, draw: draw, key: context.key("compare draw", pair.id, draw))
        for order in [VoteOrder.ab, .ba] {
          let (first, second) = order == .ab ? (pair.a, pair.b) : (pair.b, pair.a)
          questions.append(
            Question(
              pair: index, principle: principle, order: order,
              values: [
                "prompt": pair.prompt.text, "a": first.text, "b": second.text,
                "principle.text": principle.text,
              ], label: "\(pair.id)/\(draw)/\(order.rawValue)"))
        }
      }
    }
    func tokens(_ template: TemplateName, _ question: Question) throws -> (
      all: [Int32], shared: Int
    ) {
      let prefix = context.conversation.tokens(
        context.experiment.constitution.prefix(of: template))
      let pieces = try context.hooks.render(
        template, question.values, context: "compare, pair \(pairs[question.pair].id)")
      return (prefix + context.conversation.tokens(pieces), prefix.count)
    }

    // 2. Reason.
    var ended = questions.map { _ in true }
    if settings.chainOfThought {
      let requests = try questions.map { question in
        let prompt = try tokens(.compareReason, question)
        return context.request(
          prompt.all, shared: prompt.shared, temperature: settings.reasoningTemperature,
          limit: settings.reasoningTokens, key: context.key("compare reason", question.label))
      }
      let reasonings = try feedback.generate(requests, progress: context.progress("reasonings"))
      for (index, reasoning) in reasonings.enumerated() {
        questions[index].values["reasoning"] = context.conversation.text(of: reasoning)
        ended[index] = reasoning.finish != .length
      }
      context.counter.setAside("reasonings without an end", count: ended.count { !$0 })
    }

    // 3. Choose.
    let choices = ["A", "B"].map { context.conversation.tokenizer.encode($0) }
    let answers = try feedback.scoreChoices(
      questions.map { question in
        let prompt = try tokens(
          settings.chainOfThought ? .compareAnswer : .compare, question)
        return ChoiceRequest(
          prompt: prompt.all, sharedPrefixLength: prompt.shared, choices: choices)
      }, progress: context.progress("choices"))

    var votes: [[Vote]] = pairs.map { _ in [] }
    for (index, question) in questions.enumerated() {
      votes[question.pair].append(
        Vote(
          principle: question.principle, order: question.order,
          logFirst: Double(answers[index][0]), logSecond: Double(answers[index][1]),
          reasoning: question.values["reasoning"], parsed: ended[index]))
    }
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
