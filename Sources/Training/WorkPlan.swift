/// Which lane works on which units, in which micro-chunks.
///
/// A unit is what must stay together: one sequence, or the two sequences of a
/// preference pair. A chunk is what one forward and backward pass sees.
/// The plan is a function of the units' row counts alone.
struct WorkPlan: Equatable, Sendable {
  /// `lanes[l][c]`: the unit indices of chunk `c` of lane `l`, rising.
  let lanes: [[[Int]]]

  /// Longest-first assignment to the least loaded lane, then to the fewest
  /// evenly filled chunks of at most `chunkRows` rows. A unit longer than
  /// `chunkRows` has a chunk of its own.
  init(rows: [Int], lanes laneCount: Int, chunkRows: Int) {
    let shares = Self.spread(Array(rows.indices), rows: rows, bins: laneCount)
    lanes = shares.map { share in
      guard !share.isEmpty else { return [] }
      let total = share.reduce(0) { $0 + rows[$1] }
      var count = max(1, (total + chunkRows - 1) / chunkRows)
      while true {
        let chunks = Self.spread(share, rows: rows, bins: count)
        let fits = chunks.allSatisfy { chunk in
          chunk.count <= 1 || chunk.reduce(0) { $0 + rows[$1] } <= chunkRows
        }
        if fits || count >= share.count { return chunks.filter { !$0.isEmpty } }
        count += 1
      }
    }
  }

  /// Rows of the largest chunk.
  func maximumRows(_ rows: [Int]) -> Int {
    lanes.joined().map { $0.reduce(0) { $0 + rows[$1] } }.max() ?? 0
  }

  private static func spread(_ units: [Int], rows: [Int], bins: Int) -> [[Int]] {
    let order = units.sorted { (rows[$0], $1) > (rows[$1], $0) }
    var load = [Int](repeating: 0, count: bins)
    var result = [[Int]](repeating: [], count: bins)
    for unit in order {
      var lightest = 0
      for bin in 1..<max(1, bins) where load[bin] < load[lightest] { lightest = bin }
      result[lightest].append(unit)
      load[lightest] += rows[unit]
    }
    return result.map { $0.sorted() }
  }
}
