/// Per-token rewards of one response: `-klCoefficient * (log p - log p_ref)`
/// at every token, `final` added at the last.
func tokenRewards(kl: [Float], klCoefficient: Double, final: Double) -> [Float] {
  var rewards = kl.map { Float(-klCoefficient * Double($0)) }
  rewards[rewards.count - 1] += Float(final)
  return rewards
}

/// Generalised advantage estimation over one response. Source: Schulman et al.,
/// "High-dimensional continuous control using generalized advantage estimation"
/// (ICLR 2016), equation 16. `values[t]` is read before token t is chosen;
/// nothing follows the last token.
/// - Returns: advantages, and returns = advantages + values.
func generalizedAdvantages(
  rewards: [Float], values: [Float], gamma: Double, lambda: Double
) -> (advantages: [Float], returns: [Float]) {
  var advantages = [Float](repeating: 0, count: rewards.count)
  var running = 0.0
  for t in rewards.indices.reversed() {
    let next = t + 1 < values.count ? Double(values[t + 1]) : 0
    let delta = Double(rewards[t]) + gamma * next - Double(values[t])
    running = delta + gamma * lambda * running
    advantages[t] = Float(running)
  }
  return (advantages, zip(advantages, values).map(+))
}

/// Whitens over all the response tokens of an iteration (padding does not
/// exist here, so the mask of padded implementations is built in): divides by
/// the standard deviation after subtracting the mean, which `keepingMean` adds
/// back. The deviation has divisor n - 1 and a floor of 1e-8 on its square.
func whiten(_ groups: [[Float]], keepingMean: Bool = false) -> [[Float]] {
  let count = groups.reduce(0) { $0 + $1.count }
  guard count > 1 else { return groups }
  let mean = groups.joined().reduce(0) { $0 + Double($1) } / Double(count)
  let square = groups.joined().reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  let scale = 1 / (square / Double(count - 1) + 1e-8).squareRoot()
  return groups.map { group in
    group.map { Float((Double($0) - mean) * scale + (keepingMean ? mean : 0)) }
  }
}

/// Share of the returns' variance that the values explain: 1 is perfect, 0 as
/// good as a constant. 0 when the returns do not vary.
func explainedVariance(values: [Float], returns: [Float]) -> Double {
  func variance(_ items: [Double]) -> Double {
    let mean = items.reduce(0, +) / Double(max(1, items.count))
    return items.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, items.count))
  }
  let total = variance(returns.map(Double.init))
  guard total > 0 else { return 0 }
  return 1 - variance(zip(returns, values).map { Double($0) - Double($1) }) / total
}
