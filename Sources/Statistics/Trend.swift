/// Kendall's tau-b: how far two quantities rise together, with ties in either
/// taken account of (Kendall, "The treatment of ties in ranking problems",
/// Biometrika 1945). Time grows with the square of the count.
///
/// - Parameters:
///   - x: `[items]`, finite.
///   - y: `[items]`, finite.
/// - Returns: in [-1, 1]; 1 where y rises whenever x does, and the other way
///   round; NaN when either is constant.
public func kendallTau(_ x: [Double], _ y: [Double]) -> Double {
  precondition(x.count == y.count, "\(x.count) and \(y.count) values")
  var (balance, inX, inY) = (0, 0, 0)
  for i in x.indices {
    for j in x.indices.dropFirst(i + 1) {
      let dx = x[i] == x[j] ? 0 : x[i] < x[j] ? 1 : -1
      let dy = y[i] == y[j] ? 0 : y[i] < y[j] ? 1 : -1
      balance += dx * dy
      inX += dx * dx
      inY += dy * dy
    }
  }
  return Double(balance) / (Double(inX) * Double(inY)).squareRoot()
}

/// Spearman's rank correlation: Pearson's of the ranks, with tied values at the
/// middle of theirs (Spearman, American Journal of Psychology 1904).
///
/// - Returns: in [-1, 1]; NaN when either is constant.
public func spearmanRho(_ x: [Double], _ y: [Double]) -> Double {
  let (a, b) = (middleRanks(x), middleRanks(y))
  let sums = products(a, b)
  return sums.xy / (sums.xx * sums.yy).squareRoot()
}

/// The slope of the least-squares line of y over x, in units of y for one of x;
/// NaN when x is constant.
public func slope(_ x: [Double], _ y: [Double]) -> Double {
  let sums = products(x, y)
  return sums.xy / sums.xx
}

/// Sums of products of the deviations from the means.
private func products(_ x: [Double], _ y: [Double]) -> (xx: Double, xy: Double, yy: Double) {
  precondition(x.count == y.count, "\(x.count) and \(y.count) values")
  let meanX = x.reduce(0, +) / Double(x.count)
  let meanY = y.reduce(0, +) / Double(y.count)
  return zip(x, y).reduce(into: (xx: 0, xy: 0, yy: 0)) { sums, point in
    let (dx, dy) = (point.0 - meanX, point.1 - meanY)
    sums.xx += dx * dx
    sums.xy += dx * dy
    sums.yy += dy * dy
  }
}

/// From 1, with the mean rank for equal values.
private func middleRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for index in order[start..<end] { ranks[index] = Double(start + 1 + end) / 2 }
    start = end
  }
  return ranks
}
