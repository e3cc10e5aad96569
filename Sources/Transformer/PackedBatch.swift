/// Sequences laid end to end, without padding: R rows in all. Positions restart
/// at 0 in each sequence, and a row attends only within its own.
public struct PackedBatch: Sendable {
  /// Token ids of all sequences, `[R]`.
  public var tokens: [Int32]
  /// Sequence s is rows `offsets[s]..<offsets[s + 1]`; one more than sequences.
  public var offsets: [Int]

  /// Packs `sequences`, in order. None may be empty.
  public init(_ sequences: [[Int32]]) {
    tokens = []
    tokens.reserveCapacity(sequences.reduce(0) { $0 + $1.count })
    offsets = [0]
    offsets.reserveCapacity(sequences.count + 1)
    for sequence in sequences {
      precondition(!sequence.isEmpty, "a packed sequence has at least one token")
      tokens += sequence
      offsets.append(tokens.count)
    }
  }

  /// R.
  public var rowCount: Int { tokens.count }
  /// B.
  public var sequenceCount: Int { offsets.count - 1 }
  /// T of the longest sequence.
  public var longestSequence: Int { zip(offsets, offsets.dropFirst()).map { $1 - $0 }.max() ?? 0 }
}
