internal import Kernels
internal import KeyedRandom
internal import Transformer

/// Work that can be repeated in equal rounds.
struct Workload {
  /// What one round did.
  struct Round {
    /// Tokens that `tokens_per_second` counts.
    var tokens: Int
    /// Seconds of its parts, by name, where the work itself measures them.
    var phases: [String: Double] = [:]
  }

  /// What a round works on, in words.
  var shape: String
  /// Pieces of a round that people count, and what they are called.
  var items: Int
  var itemName: String
  /// Floating-point operations of a round.
  var operations: Double
  /// Bytes of weights that a round has to read from memory, where reading them
  /// and not arithmetic is the limit.
  var bytesRead: Double?
  /// Does so many rounds, and calls the function after each.
  var run: (_ rounds: Int, _ ended: (Round) throws -> Void) throws -> Void
}

/// Operations that a pass over a model cannot do without: what an
/// implementation computes twice, or for rows that nobody reads, is not counted.
struct OperationCount {
  let configuration: ModelConfiguration

  /// One sequence's tokens at `positions`, of which the head reads the last `read`.
  /// A position attends to itself and those before it; of the last layer, what is not
  /// read needs the keys and values alone.
  func forward(_ positions: Range<Int>, read: Int, head: Head = .languageModel) -> Double {
    let c = configuration
    let vocabulary = c.hiddenSize * c.vocabularySize
    let layer = (c.matrixParameterCount - vocabulary) / c.layerCount
    let keysAndValues = 2 * c.hiddenSize * c.keyValueWidth
    precondition(read <= positions.count, "the head reads what is there")
    func pairs(_ positions: Range<Int>) -> Int {
      (positions.lowerBound + positions.upperBound + 1) * positions.count / 2
    }
    let products =
      ((c.layerCount - 1) * layer + keysAndValues) * positions.count
      + (layer - keysAndValues + (head == .languageModel ? vocabulary : 0)) * read
    let attention =
      (c.layerCount - 1) * pairs(positions) + pairs(positions.suffix(read))
    return Double(2 * products) + Double(4 * c.queryWidth * attention)
  }

  /// Forward and backward: backward has two products for each of forward's.
  func training(_ positions: Range<Int>, read: Int, head: Head = .languageModel) -> Double {
    3 * forward(positions, read: read, head: head)
  }
}

/// Keyed random token sequences. Ids 0 and 1 are left out: 1 ends a text.
func randomTokens(_ count: Int, vocabulary: Int, item: String) -> [Int32] {
  var generator = RandomKey(seed: 1, stage: "benchmark", item: item).generator()
  return (0..<count).map { _ in Int32(2 + generator.index(below: vocabulary - 2)) }
}
