import Testing

@testable import Kernels

/// What attention does between its products, a tile at a time: in bfloat16 to the bits
/// of float32, rounded where the products read.
@Suite struct AttentionWeightsTests {
  /// Rows of a tile, and the keys that the first of them sees: around whole vectors and
  /// panels, and counts that are odd.
  static let tiles = [(1, 1), (12, 1), (12, 15), (12, 16), (7, 17), (11, 30), (12, 97), (5, 33)]

  private struct Tile {
    let plan: AttentionPlan
    var scratch: [Float]

    /// Random scores and gradients, and NaN everywhere else.
    init(_ precision: Precision, rows: Int, length: Int, columns: Int, first: Int = 0) {
      plan = AttentionPlan(
        rows: length, heads: 1, keyValueHeads: 1, headDimension: 32, precision: precision)
      scratch = [Float](repeating: .nan, count: plan.scratchCount)
      let (scores, gradients) = (
        sample("scores", rows * columns), sample("gradients", rows * columns)
      )
      let place = precision == .float32 ? first * plan.scoreStride : 0
      for r in 0..<rows {
        for c in 0..<columns {
          let index = place + r * plan.scoreStride + c
          scratch[plan.scores + index] = 20 * scores[r * columns + c]
          scratch[plan.scoreGradient + index] = gradients[r * columns + c]
        }
      }
    }

    /// The bits of number `index` of rounded words from `start` on.
    func half(_ start: Int, _ index: Int) -> UInt32 {
      scratch[start + index / 2].bitPattern >> (index % 2 == 0 ? 0 : 16) & 0xffff
    }
  }

  @Test(arguments: tiles, [0, 1])
  func weightsAreThoseOfFloat32(tile: (rows: Int, seen: Int), step: Int) {
    let end = tile.seen + (tile.rows - 1) * step
    let columns = AttentionPlan.scoreColumns(end)
    func weigh(_ precision: Precision) -> (Tile, tops: [Float], totals: [Float]) {
      var made = Tile(precision, rows: tile.rows, length: end, columns: columns)
      var tops = [Float](repeating: .nan, count: tile.rows)
      var totals = tops
      let plan = made.plan
      made.scratch.withUnsafeMutableBufferPointer {
        let scratch = $0.baseAddress!
        _ = plan.weigh(
          scratch + plan.scores, rows: tile.rows, seen: tile.seen, step: step,
          columns: columns, tops: &tops, totals: &totals,
          rounded: scratch + plan.roundedScores)
      }
      return (made, tops, totals)
    }
    let exact = weigh(.float32)
    let made = weigh(.bfloat16)
    #expect(bits(made.tops) == bits(exact.tops))
    #expect(bits(made.totals) == bits(exact.totals))
    for r in 0..<tile.rows {
      for c in 0..<columns {
        let weight = exact.0.scratch[exact.0.plan.scores + r * exact.0.plan.scoreStride + c]
        let start = made.0.plan.roundedScores + r * made.0.plan.scoreStride
        #expect(made.0.half(start, c) == roundedBits(weight), "row \(r), column \(c)")
        #expect(c < tile.seen + r * step ? weight > 0 || weight == 0 : weight == 0)
      }
    }
  }

  /// The last tile of a block: its rows begin at `first` of 24.
  @Test(arguments: tiles, [0, 12])
  func gradientsAreThoseOfFloat32(tile: (rows: Int, seen: Int), first: Int) {
    // Blocks begin at multiples of 48, so what a tile sees follows from its place.
    let start = tile.seen > 48 ? 96 : 0
    let count = first + tile.rows
    let end = start + count
    let columns = AttentionPlan.scoreColumns(end)
    let lse = sample("lse", tile.rows).map { 4 + $0 }
    let delta = sample("delta", tile.rows)
    func weigh(_ precision: Precision) -> Tile {
      var made = Tile(precision, rows: tile.rows, length: end, columns: columns, first: first)
      let plan = made.plan
      made.scratch.withUnsafeMutableBufferPointer {
        _ = plan.weighBackward(
          $0.baseAddress!, first: first, rows: tile.rows, count: count, start: start,
          columns: columns, lse: lse, delta: delta)
      }
      return made
    }
    let exact = weigh(.float32)
    let made = weigh(.bfloat16)
    let stride = exact.plan.scoreStride
    let block = (count + 1) / 2 * 12
    for r in 0..<tile.rows {
      for c in 0..<columns {
        let index = (first + r) * stride + c
        let weight = roundedBits(exact.scratch[exact.plan.scores + index])
        let gradient = roundedBits(exact.scratch[exact.plan.scoreGradient + index])
        let place = "row \(r), column \(c)"
        #expect(made.half(made.plan.roundedScores + r * stride, c) == gradient, "\(place)")
        // Twelve columns side by side, pairs of rows one below the other.
        let word = c / 12 * block + (first + r) / 2 * 12 + c % 12
        let half = 2 * word + (first + r) % 2
        #expect(made.half(made.plan.weightColumns, half) == weight, "\(place)")
        #expect(made.half(made.plan.gradientColumns, half) == gradient, "\(place)")
      }
    }
  }
}

/// The bits of x rounded to bfloat16, of zero without its sign.
private func roundedBits(_ x: Float) -> UInt32 {
  var bits: UInt16 = 0
  floatToBfloat16(&bits, [x == 0 ? 0 : x], count: 1)
  return UInt32(bits)
}
