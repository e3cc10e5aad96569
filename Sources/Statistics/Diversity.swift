/// Distinct-n: different n-grams of words over all n-grams, of all texts
/// together (Li et al., "A diversity-promoting objective function for neural
/// conversation models", NAACL 2016; they divide by words, most since by n-grams,
/// as here, so that 1 means that nothing repeats).
///
/// It falls with the amount of text: compare sets of equal size only.
///
/// - Parameters:
///   - texts: words are as in `FrequentPhrases`.
///   - length: n, at least 1.
/// - Returns: in (0, 1]; NaN when no text has `length` words.
public func distinct(_ texts: [String], length: Int) -> Double {
  let phrases = texts.flatMap { Words($0).phrases(length) }
  return phrases.isEmpty ? .nan : Double(Set(phrases).count) / Double(phrases.count)
}

/// How alike samples are: the mean over all pairs of texts of the n-grams in
/// both over those in either (Jaccard's index of the sets of n-grams). One less
/// this is their mean pairwise distance.
///
/// - Parameters:
///   - texts: two or more, such as samples for one prompt. Two texts without
///     `length` words count as alike.
///   - length: n, at least 1.
/// - Returns: in [0, 1]; 1 when all texts have the same n-grams.
public func selfSimilarity(_ texts: [String], length: Int) -> Double {
  precondition(texts.count > 1, "similarity needs two texts")
  let sets = texts.map { Set(Words($0).phrases(length)) }
  var sum = 0.0
  for i in sets.indices {
    for j in sets.indices.dropFirst(i + 1) {
      let shared = sets[i].intersection(sets[j]).count
      let all = sets[i].count + sets[j].count - shared
      sum += all == 0 ? 1 : Double(shared) / Double(all)
    }
  }
  return sum / Double(sets.count * (sets.count - 1) / 2)
}
