/// Finds the most probable tokens of a distribution, given by weights that need not sum
/// to 1: top-k and top-p.
struct TokenRanking {
  struct Kept {
    /// Token ids, rising.
    var tokens: [Int32]
    /// Their weights' sum.
    var mass: Double
    /// The same over the sum of all weights.
    var share: Double
  }

  /// A binary heap, largest first. A key holds the weight's bits above
  /// the complement of the token id: bits of non-negative floats order as the
  /// floats do, and among equal weights the lowest id is largest.
  private var heap: [UInt64] = []
  private var maxima: [Float] = []

  /// The tokens that stay of `weights`, `[vocabulary]`, non-negative: the
  /// `topK` largest, and of those the fewest largest ones that make up `topP`
  /// of their mass.
  mutating func keep(
    _ weights: UnsafePointer<Float>, vocabulary: Int, topK: Int?, topP: Float?
  ) -> Kept {
    // A top-k that cuts nothing is none: the rest can then be left unranked.
    let topK = topK.flatMap { $0 < vocabulary ? $0 : nil }
    let most = topK ?? vocabulary
    var total = 0.0
    for index in 0..<vocabulary { total += Double(weights[index]) }
    guard total.isFinite, total > 0 else { return Kept(tokens: [], mass: .nan, share: .nan) }

    let floor = floor(
      weights, vocabulary: vocabulary, most: most, topP: topP, total: total)
    fill(weights, vocabulary: vocabulary, floor: floor)

    // Ranked weights, up to `most`; without top-k their mass is known and
    // ranking can end as soon as the nucleus is full.
    var tokens: [Int32] = []
    var masses: [Double] = []
    var mass = 0.0
    let early = topK == nil ? Double(topP ?? 1) * total : .infinity
    while tokens.count < most, mass < early, let key = popLargest() {
      tokens.append(Int32(truncatingIfNeeded: ~key & 0xffff_ffff))
      mass += Double(Float(bitPattern: UInt32(truncatingIfNeeded: key >> 32)))
      masses.append(mass)
    }
    if topK != nil, let topP, topP < 1 {
      let target = Double(topP) * mass
      let count = (masses.firstIndex { $0 >= target } ?? masses.count - 1) + 1
      tokens.removeLast(tokens.count - count)
      mass = masses[count - 1]
    }
    tokens.sort()
    return Kept(tokens: tokens, mass: mass, share: min(1, mass / total))
  }

  /// A weight below which no token can stay.
  private mutating func floor(
    _ weights: UnsafePointer<Float>, vocabulary: Int, most: Int, topP: Float?,
    total: Double
  ) -> Float {
    var floor: Float = 0
    if let topP, most == vocabulary {
      // All tokens below (1 - p) / V together weigh less than 1 - p. Half of it
      // leaves room for rounding.
      floor = Float(0.5 * (1 - Double(topP)) * total / Double(vocabulary))
    }
    // At least `most` tokens reach the most-th largest of the blocks' maxima.
    let width = Sampler.blockWidth
    guard vocabulary / width > most else { return floor }
    maxima.removeAll(keepingCapacity: true)
    for block in 0..<(vocabulary / width) {
      let start = UnsafeRawPointer(weights + block * width)
      let size = MemoryLayout<SIMD16<Float>>.stride
      var largest = start.loadUnaligned(as: SIMD16<Float>.self)
      for part in 1..<(width / 16) {
        let next = start.loadUnaligned(
          fromByteOffset: part * size, as: SIMD16<Float>.self)
        largest.replace(with: next, where: next .> largest)
      }
      maxima.append(largest.max())
    }
    maxima.sort(by: >)
    return max(floor, maxima[most - 1])
  }

  // MARK: - Heap

  private mutating func fill(
    _ weights: UnsafePointer<Float>, vocabulary: Int, floor: Float
  ) {
    heap.removeAll(keepingCapacity: true)
    for index in 0..<vocabulary where weights[index] >= floor {
      heap.append(
        UInt64(weights[index].bitPattern) << 32 | UInt64(~UInt32(index)))
    }
    for root in (0..<(heap.count / 2)).reversed() { siftDown(root) }
  }

  private mutating func popLargest() -> UInt64? {
    guard let largest = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap[0] = last
      siftDown(0)
    }
    return largest
  }

  private mutating func siftDown(_ root: Int) {
    heap.withUnsafeMutableBufferPointer { heap in
      let value = heap[root]
      var hole = root
      while true {
        var child = 2 * hole + 1
        guard child < heap.count else { break }
        if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
        guard heap[child] > value else { break }
        heap[hole] = heap[child]
        hole = child
      }
      heap[hole] = value
    }
  }
}
