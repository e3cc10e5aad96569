/// Holm's step-down correction, which keeps the chance of any false rejection
/// among all tests at the level that the adjusted values are compared with,
/// whatever their dependence (Holm, "A simple sequentially rejective multiple
/// test procedure", Scandinavian Journal of Statistics 1979).
///
/// - Parameter pValues: in [0, 1]; may be empty.
/// - Returns: `[tests]`, adjusted, in [0, 1], in the order of the input.
public func holm(_ pValues: [Double]) -> [Double] {
  precondition(pValues.allSatisfy { (0...1).contains($0) }, "a p value is outside [0, 1]")
  var adjusted = pValues
  var least = 0.0
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    least = max(least, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = least
  }
  return adjusted
}
