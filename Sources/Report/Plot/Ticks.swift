internal import Foundation

/// The round values at which an axis is marked, and the range they span.
struct Ticks {
  let values: [Double]
  let labels: [String]
  var low: Double { values.first ?? 0 }
  var high: Double { values.last ?? 1 }

  /// Ticks that cover `low` to `high`.
  ///
  /// - Parameters:
  ///   - count: about so many.
  ///   - minimumStep: they are no closer than that.
  init(from low: Double, to high: Double, count: Int = 6, minimumStep: Double = 0) {
    var (low, high) = (min(low, high), max(low, high))
    if !low.isFinite || !high.isFinite || high - low > 1e300 { (low, high) = (0, 1) }
    // Equal ends, or ends that doubles can hardly keep apart.
    let scale = max(abs(low), abs(high))
    if high - low <= scale * 1e-9 {
      let room = scale == 0 ? 1 : scale * 0.1
      (low, high) = (low - room, high + room)
    }
    let step = max(Ticks.roundStep((high - low) / Double(max(count - 1, 1))), minimumStep)
    // A hair's breadth, so that 0.30000000000000004 does not ask for one more tick.
    let first = (low / step + 1e-9).rounded(.down)
    let last = max((high / step - 1e-9).rounded(.up), first + 1)
    values = (0...Int(last - first)).map { (first + Double($0)) * step }
    labels = values.map { Ticks.label($0, step: step) }
  }

  /// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
  private static func roundStep(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    for factor in [1, 2, 2.5, 5] where factor * power >= step * 0.999 { return factor * power }
    return 10 * power
  }

  private static func label(_ value: Double, step: Double) -> String {
    if abs(value) < step * 1e-6 { return "0" }
    if abs(value) >= 1e6 || step < 1e-5 {
      return String(format: "%.3g", value).replacingOccurrences(of: "-", with: "−")
    }
    var digits = 0
    while digits < 6,
      abs(step * pow(10, Double(digits)) - (step * pow(10, Double(digits))).rounded()) > 1e-6
    {
      digits += 1
    }
    return String(format: "%.\(digits)f", value).replacingOccurrences(of: "-", with: "−")
  }
}
