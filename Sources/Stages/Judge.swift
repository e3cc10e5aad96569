import Constitution
import Foundation
import KeyedRandom
import LuaHost
import RunStore

/// Asks the feedback model which of two answers is better by a principle.
///
/// Every question is put in both orders, so that a liking for the first option
/// can be seen and taken out. With chain of thought the model reasons first and
/// then chooses.
struct Judge {
  let questions: Questions
  let model: MemoisedEngine
  let settings: StageSettings.Compare

  /// Two answers to a prompt and the principle to compare them by.
  struct Item {
    var prompt: String
    var a: String
    var b: String
    var principle: PreferencePrinciple
    /// Names the item in the keys of its draws.
    var label: String
    /// What is being done, for messages.
    var activity: Activity
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

    /// The vote as `label` sees it.
    var forLabel: ScriptHooks.Vote {
      ScriptHooks.Vote(
        principle: principle, order: order.rawValue, probability: probabilityA,
        logFirst: logFirst, logSecond: logSecond, reasoning: reasoning, parsed: parsed)
    }
  }

  /// Two votes an item, first shown as (A, B), then as (B, A).
  ///
  /// - Parameters:
  ///   - key: the key of one reasoning's draws, by its label.
  ///   - progress: what is being asked, and a report to pass on.
  func votes(
    _ items: [Item], key: (String) -> RandomKey,
    progress: (String) -> (Int, Int, String) -> Void
  ) throws -> [(ab: Vote, ba: Vote)] {
    // 1. Write each question in both orders.
    let orders: [VoteOrder] = [.ab, .ba]
    var asked = items.flatMap { item in
      orders.map { order in
        let (first, second) = order == .ab ? (item.a, item.b) : (item.b, item.a)
        return Questions.Item(
          values: [
            "prompt": item.prompt, "a": first, "b": second, "principle.text": item.principle.text,
          ], key: key("\(item.label)/\(order.rawValue)"),
          activity: item.activity.about(item.principle.id))
      }
    }

    // 2. Reason.
    var ended = asked.map { _ in true }
    if settings.chainOfThought {
      let reasonings = try questions.ask(
        .compareReason, asked, of: model, temperature: settings.reasoningTemperature,
        limit: settings.reasoningTokens, progress: progress("reasonings"))
      for (index, reasoning) in reasonings.enumerated() {
        asked[index].values["reasoning"] = reasoning.text
        ended[index] = reasoning.ended
      }
    }

    // 3. Choose.
    let answers = try questions.score(
      ["A", "B"], settings.chainOfThought ? .compareAnswer : .compare, asked, of: model,
      progress: progress("choices"))
    func vote(_ index: Int) -> Vote {
      Vote(
        principle: items[index / 2].principle, order: orders[index % 2],
        logFirst: answers[index][0], logSecond: answers[index][1],
        reasoning: asked[index].values["reasoning"], parsed: ended[index])
    }
    return items.indices.map { (vote(2 * $0), vote(2 * $0 + 1)) }
  }
}
