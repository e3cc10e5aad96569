import Foundation

/// Bradley and Terry's model with Davidson's ties, fitted to counts.
struct DavidsonModel {
  /// Elo points of one unit of log strength.
  static let points = 400 / log(10.0)
  /// What the prior adds to the curvature: a normal of 1000 points.
  private static let precision = (points / 1000) * (points / 1000)

  let systems: Int
  /// `[systems + 1]`: every log strength, then log v of the ties. A fit starts
  /// from what they are.
  private var parameters: [Double]

  init(systems: Int) {
    self.systems = systems
    parameters = Array(repeating: 0, count: systems + 1)
  }

  var logStrengths: ArraySlice<Double> { parameters.prefix(systems) }

  /// Counts lie three to a pair, of the lower system's wins, the higher's, and
  /// ties: `[systems, systems, 3]`, used where the first index is the lower.
  static func cell(_ outcome: PairOutcome, systems: Int) -> Int {
    let (i, j) = (outcome.first, outcome.second)
    precondition(
      (0..<systems).contains(i) && (0..<systems).contains(j) && i != j,
      "a comparison of systems \(i) and \(j), of \(systems)")
    precondition(
      [0, 0.5, 1].contains(outcome.result), "a comparison's result is \(outcome.result)")
    let pair = 3 * (min(i, j) * systems + max(i, j))
    if outcome.result == 0.5 { return pair + 2 }
    return pair + ((outcome.result == 1) == (i < j) ? 0 : 1)
  }

  /// Maximises the posterior of the items' counts, each times its weight.
  ///
  /// The log-likelihood is linear less log-sum-exps of linear functions, hence
  /// concave, and the prior makes it strictly so: Newton's method with step
  /// halving finds its one maximum.
  mutating func fit(_ items: [[(cell: Int, count: Double)]], weights: [Double]) {
    var counts = [Double](repeating: 0, count: 3 * systems * systems)
    for (item, weight) in zip(items, weights) where weight > 0 {
      for (cell, count) in item { counts[cell] += weight * count }
    }
    var pairs: [Pair] = []
    for i in 0..<systems {
      for j in (i + 1)..<systems {
        let at = 3 * (i * systems + j)
        let pair = Pair(i: i, j: j, wins: counts[at], losses: counts[at + 1], ties: counts[at + 2])
        if pair.games > 0 { pairs.append(pair) }
      }
    }
    var current = logPosterior(parameters, pairs)
    for _ in 0..<100 {
      let step = newtonStep(pairs)
      var scale = 1.0
      var next = zip(parameters, step).map { $0 + scale * $1 }
      var value = logPosterior(next, pairs)
      while value < current, scale > 1e-6 {
        scale /= 2
        next = zip(parameters, step).map { $0 + scale * $1 }
        value = logPosterior(next, pairs)
      }
      // No step goes up any more: as near as rounding lets it come.
      guard value >= current else { return }
      parameters = next
      current = value
      if step.allSatisfy({ abs($0) < 1e-9 }) { return }
    }
  }

  private struct Pair {
    var i: Int
    var j: Int
    var wins: Double
    var losses: Double
    var ties: Double
    var games: Double { wins + losses + ties }
  }

  /// Probabilities of a win, a loss and a tie, with the log of what they were
  /// divided by.
  private func shares(_ x: [Double], _ pair: Pair)
    -> (win: Double, loss: Double, tie: Double, logSum: Double)
  {
    let (a, b) = (x[pair.i], x[pair.j])
    let c = x[systems] + (a + b) / 2
    let most = max(a, b, c)
    let (win, loss, tie) = (exp(a - most), exp(b - most), exp(c - most))
    let sum = win + loss + tie
    return (win / sum, loss / sum, tie / sum, most + log(sum))
  }

  private func logPosterior(_ x: [Double], _ pairs: [Pair]) -> Double {
    var value = -0.5 * Self.precision * x.reduce(0) { $0 + $1 * $1 }
    for pair in pairs {
      let (a, b) = (x[pair.i], x[pair.j])
      value +=
        pair.wins * a + pair.losses * b + pair.ties * (x[systems] + (a + b) / 2)
        - pair.games * shares(x, pair).logSum
    }
    return value
  }

  /// -H⁻¹ g of the log posterior at the parameters.
  private func newtonStep(_ pairs: [Pair]) -> [Double] {
    let size = systems + 1
    var gradient = parameters.map { -Self.precision * $0 }
    // The negated Hessian, row-major `[size, size]`, positive definite.
    var curvature = [Double](repeating: 0, count: size * size)
    for k in 0..<size { curvature[k * size + k] = Self.precision }
    for pair in pairs {
      let share = shares(parameters, pair)
      let (i, j, t) = (pair.i, pair.j, systems)
      // An outcome's log share has slopes (1, 0, 0), (0, 1, 0) and (½, ½, 1) by
      // the two strengths and the tie parameter, less their expectation.
      let ei = share.win + share.tie / 2
      let ej = share.loss + share.tie / 2
      let n = pair.games
      gradient[i] += pair.wins + pair.ties / 2 - n * ei
      gradient[j] += pair.losses + pair.ties / 2 - n * ej
      gradient[t] += pair.ties - n * share.tie
      let ii = n * (share.win + share.tie / 4 - ei * ei)
      let jj = n * (share.loss + share.tie / 4 - ej * ej)
      let tt = n * (share.tie - share.tie * share.tie)
      let ij = n * (share.tie / 4 - ei * ej)
      let it = n * (share.tie / 2 - ei * share.tie)
      let jt = n * (share.tie / 2 - ej * share.tie)
      curvature[i * size + i] += ii
      curvature[j * size + j] += jj
      curvature[t * size + t] += tt
      curvature[j * size + i] += ij
      curvature[t * size + i] += it
      curvature[t * size + j] += jt
    }
    return solved(curvature, gradient, size: size)
  }

  /// x of A x = b by Cholesky's factorisation, in place, of the lower triangle of
  /// a positive definite A.
  private func solved(_ matrix: [Double], _ right: [Double], size: Int) -> [Double] {
    var (l, x) = (matrix, right)
    for row in 0..<size {
      for column in 0...row {
        var sum = l[row * size + column]
        for k in 0..<column { sum -= l[row * size + k] * l[column * size + k] }
        l[row * size + column] = row == column ? sum.squareRoot() : sum / l[column * size + column]
      }
    }
    for row in 0..<size {
      for k in 0..<row { x[row] -= l[row * size + k] * x[k] }
      x[row] /= l[row * size + row]
    }
    for row in stride(from: size - 1, through: 0, by: -1) {
      for k in (row + 1)..<size { x[row] -= l[k * size + row] * x[k] }
      x[row] /= l[row * size + row]
    }
    return x
  }
}
