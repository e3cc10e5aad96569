import KeyedRandom

/// A mean and its 95 % interval.
struct Interval {
  var mean: Double
  var low: Double
  var high: Double
  var count: Int

  /// The percentile bootstrap over `values`, one for each prompt; draws are
  /// keyed. `values` must not be empty.
  init(of values: [Double], resamples: Int, key: RandomKey) {
    precondition(!values.isEmpty, "no values")
    count = values.count
    mean = values.reduce(0, +) / Double(count)
    var generator = key.generator()
    var means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[generator.index(below: values.count)] }
      return sum / Double(values.count)
    }
    means.sort()
    low = means[Int(0.025 * Double(resamples))]
    high = means[min(resamples - 1, Int(0.975 * Double(resamples)))]
  }
}
