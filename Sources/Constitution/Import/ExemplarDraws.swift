import KeyedRandom

/// What the published few-shot texts of the reinforcement-learning stage leave to
/// chance: the principle each is asked under, and the side of the better response.
/// A function of how many there are alone, so the same files give the same
/// constitution.
struct ExemplarDraws {
  /// A principle's id for each comparison, and `"A"` or `"B"` for the better one.
  let comparisons: [(principle: String, answer: String)]
  /// A principle's id for each text with reasoning.
  let reasonings: [String]

  init(_ prompts: PublishedPrompts) {
    let ids = prompts.preferencePrinciples.map(\.id)
    let count = prompts.comparisons.count
    comparisons = Array(
      zip(
        Self.principles(ids, count: count, item: "comparisons"),
        Self.answers(count: count)))
    reasonings = Self.principles(ids, count: prompts.reasonings.count, item: "reasonings")
  }

  /// Without repetition as far as the principles reach.
  private static func principles(_ ids: [String], count: Int, item: String) -> [String] {
    var generator = RandomKey(seed: 1, stage: "import principles", item: item).generator()
    var order = ids
    generator.shuffle(&order)
    return (0..<count).map { order[$0 % order.count] }
  }

  /// As many A as B; with an odd count, which has one more is drawn too.
  private static func answers(count: Int) -> [String] {
    var generator = RandomKey(seed: 1, stage: "import answers", item: "comparisons").generator()
    let first = generator.index(below: 2)
    var answers = (0..<count).map { ($0 + first) % 2 == 0 ? "A" : "B" }
    generator.shuffle(&answers)
    return answers
  }
}
