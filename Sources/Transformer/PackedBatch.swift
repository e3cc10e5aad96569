internal import Kernels

/// Sequences laid end to end, without padding: R rows in all. Positions restart
/// at 0 in each sequence, and a row attends only within its own.
///
/// Heads may read hidden states from some row of each sequence on: K rows in all.
/// Of the rows before only what later ones attend to is computed, which saves the
/// larger part of the last layer; what is read keeps its bits.
public struct PackedBatch: Sendable {
  /// Token ids of all sequences, `[R]`.
  public let tokens: [Int32]
  /// Sequence s is rows `offsets[s]..<offsets[s + 1]`; one more than sequences.
  public let offsets: [Int]
  /// The last rows of sequence s, from what heads read on or a little before, are
  /// rows `readOffsets[s]..<readOffsets[s + 1]` of the hidden states, `[K, C]`.
  public let readOffsets: [Int]

  /// Packs `sequences`, in order. None may be empty. Heads read those of sequence s
  /// from its row `first[s]` on, or all of them. A few rows before may be kept too:
  /// attention goes by whole tiles.
  public init(_ sequences: [[Int32]], readingFrom first: [Int]? = nil) {
    precondition(
      first.map { $0.count == sequences.count } ?? true, "one first row a sequence is read from")
    var tokens: [Int32] = []
    tokens.reserveCapacity(sequences.reduce(0) { $0 + $1.count })
    var offsets = [0]
    offsets.reserveCapacity(sequences.count + 1)
    var readOffsets = offsets
    readOffsets.reserveCapacity(sequences.count + 1)
    for (index, sequence) in sequences.enumerated() {
      let first = first?[index] ?? 0
      precondition(!sequence.isEmpty, "a packed sequence has at least one token")
      precondition(
        sequence.indices.contains(first),
        "a sequence of \(sequence.count) tokens read from row \(first) on")
      tokens += sequence
      offsets.append(tokens.count)
      let kept = sequence.count - first / attentionTileRows * attentionTileRows
      readOffsets.append(readOffsets[index] + kept)
    }
    self.tokens = tokens
    self.offsets = offsets
    self.readOffsets = readOffsets
  }

  /// R.
  public var rowCount: Int { tokens.count }
  /// K.
  public var readCount: Int { readOffsets[sequenceCount] }
  /// Whether hidden states of all rows are kept.
  var readsAll: Bool { readCount == rowCount }
  /// B.
  public var sequenceCount: Int { offsets.count - 1 }
  /// The last row of each sequence.
  public var lastRows: [Int32] { offsets.dropFirst().map { Int32($0 - 1) } }
  /// T of the longest sequence.
  public var longestSequence: Int { zip(offsets, offsets.dropFirst()).map { $1 - $0 }.max() ?? 0 }

  /// How many hidden states of sequence s are kept: of its last rows.
  private func keptCount(_ s: Int) -> Int { readOffsets[s + 1] - readOffsets[s] }

  /// The first row of sequence s whose hidden state is kept.
  func firstKept(_ s: Int) -> Int { offsets[s + 1] - keptCount(s) }

  /// Copies the rows that are read from `x`, `[R, width]`, to `out`, `[K, width]`.
  func gather(_ out: FloatPointer, _ x: ConstFloatPointer, width: Int) {
    for s in 0..<sequenceCount {
      (out + readOffsets[s] * width).update(
        from: x + firstKept(s) * width, count: keptCount(s) * width)
    }
  }

  /// Backward of `gather`, in place: moves the rows of `x`, `[K, width]`, to where they
  /// stand among all, `[R, width]`, and clears the others.
  func spread(_ x: FloatPointer, width: Int) {
    // From the last on, since rows only move up.
    for s in (0..<sequenceCount).reversed() {
      (x + firstKept(s) * width).update(
        from: x + readOffsets[s] * width, count: keptCount(s) * width)
      (x + offsets[s] * width).update(
        repeating: 0, count: (firstKept(s) - offsets[s]) * width)
    }
  }
}
