extension PublishedPrompts {
  /// What is uneven in the texts or missing from them, with how often, and what
  /// the written constitution makes of it; one line each.
  public var quirks: [String] {
    let draws = ExemplarDraws(self)
    func count(_ letter: String, _ answers: [String]) -> String {
      "\(answers.count { $0 == letter }) \(letter)"
    }
    func letters(_ answers: [String]) -> String {
      count("A", answers) + " and " + count("B", answers)
    }
    func of<Text>(_ texts: [Text], _ isMeant: (Text) -> Bool) -> String {
      "\(texts.count(where: isMeant)) of \(texts.count)"
    }
    let critiques = Set(revisionPrinciples.map(\.critique))
    let revisions = Set(revisionPrinciples.map(\.revision))
    return [
      "critiques: \(of(exchanges, \.endsInNextTurn)) end in the next turn's \"Human:\", "
        + "\(of(exchanges) { !$0.endsInNextTurn }) do not: taken off, each text opens its own turn",
      "critiques: \(of(exchanges) { !critiques.contains($0.critiqueRequest) }) ask for a critique, "
        + "\(of(exchanges) { !revisions.contains($0.revisionRequest) }) for a revision, in words of "
        + "no principle: kept",
      "critiques: \(of(exchanges) { $0.response == $0.revision }) have a revision that changes "
        + "nothing: kept",
      "comparisons: \(comparisons.count) of \(comparisons.count) have neither principle nor "
        + "letters: drawn and written down, answers \(letters(draws.comparisons.map(\.answer)))",
      "reasonings: \(of(reasonings) { !$0.hasUniformOpening }) do not begin with an empty line and "
        + "\"Human:\": made even in the script",
      "reasonings: \(of(reasonings) { !$0.namesLabels }) do not say whose labels H and A are: kept",
      "reasonings: the answers are \(letters(reasonings.map(\.answer))), named in the texts: kept; "
        + "principles drawn and written down",
    ]
  }
}
