internal import Foundation

/// Colours for values: one hue from zero up, or two from zero both ways.
struct ColourScale {
  private static let middle = RGB(0xF7F7F7)
  // Blue and orange, which all kinds of colour vision tell apart.
  private static let below = RGB(0x2166AC)
  private static let above = RGB(0xB35806)

  let low: Double
  let high: Double
  let isDiverging: Bool

  init(_ values: [Double]) {
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    isDiverging = least < 0 && most > 0
    if isDiverging {
      let reach = max(-least, most)
      (low, high) = (-reach, reach)
    } else {
      (low, high) = (min(least, 0), max(most, 0))
    }
  }

  func colour(_ value: Double) -> RGB {
    let reach = max(abs(low), abs(high))
    let share = reach > 0 ? abs(value) / reach : 0
    let end = isDiverging && value > 0 ? ColourScale.above : ColourScale.below
    return ColourScale.middle.mixed(with: end, share)
  }

  /// Dark or light, whichever is read better on the value's colour.
  func ink(_ value: Double) -> Ink {
    .exact(colour(value).lightness > 0.55 ? RGB(0x1B1F24) : RGB(0xFFFFFF))
  }
}

extension PlotDrawing {
  /// A table of numbers with their intervals on cells coloured by value: a row for
  /// each series, a column for each label.
  mutating func addMatrix(_ plot: Plot) {
    let labels = plot.labels
    let size = Self.textSize
    let names = plot.series.map {
      TextMetrics.wrapped($0.name, width: 150, size: size, maximumLines: 3)
    }
    let widest = names.joined().map { TextMetrics.width($0, size: size) }.max() ?? 0
    let left = Self.margin + widest + 8
    let points = plot.series.flatMap(\.points)
    let numberRoom =
      points.map {
        max(
          TextMetrics.width(Formatting.number($0.y), size: 13),
          TextMetrics.width(Self.interval($0) ?? "", size: 9.5))
      }.max() ?? 0
    let cell = max(
      numberRoom + 10, min(120, (width - left - Self.margin) / Double(max(labels.count, 1))))
    width = max(width, left + cell * Double(labels.count) + Self.margin)
    let right = left + cell * Double(labels.count)

    let heads = labels.map {
      TextMetrics.wrapped($0, width: cell - 6, size: 11, maximumLines: 5)
    }
    let headHeight = 13 * Double(heads.map(\.count).max() ?? 1) + 4
    // What the columns and the rows are.
    addCaption(plot.xLabel, from: left, to: right)
    for (column, lines) in heads.enumerated() {
      for (row, line) in lines.enumerated() {
        let y = top + headHeight - 4 - 13 * Double(lines.count - 1 - row)
        sketch.text(
          Label(
            text: line, at: Spot(left + cell * (Double(column) + 0.5), y), size: 11,
            anchor: .middle))
      }
    }
    top += headHeight + 4
    let scale = ColourScale(points.map(\.y))
    for (series, lines) in zip(plot.series, names) {
      let height = max(38, Double(lines.count) * Self.lineHeight + 6)
      for (index, line) in lines.enumerated() {
        let offset = (Double(index) - Double(lines.count - 1) / 2) * Self.lineHeight
        sketch.text(
          Label(
            text: line, at: Spot(left - 8, top + height / 2 + offset + 4), size: size,
            anchor: .end))
      }
      for (column, label) in labels.enumerated() {
        let box = Box(
          x: left + cell * Double(column) + 1, y: top + 1, width: cell - 2, height: height - 2)
        guard let point = series.points.first(where: { $0.label == label }) else {
          sketch.rectangle(box, fill: .grid, opacity: 0.4)
          continue
        }
        addCell(point, box, scale)
      }
      top += height
    }
    top += 12
    addScale(scale, caption: plot.yLabel, left: left, right: right)
  }

  private mutating func addCell(_ point: Plot.Point, _ box: Box, _ scale: ColourScale) {
    sketch.rectangle(box, fill: .exact(scale.colour(point.y)), opacity: 1)
    let interval = Self.interval(point)
    let middle = Spot(box.x + box.width / 2, box.y + box.height / 2)
    sketch.text(
      Label(
        text: Formatting.number(point.y).replacingOccurrences(of: "-", with: "−"),
        at: Spot(middle.x, middle.y + (interval == nil ? 5 : -1)), size: 13, anchor: .middle,
        ink: scale.ink(point.y), isBold: true))
    guard let interval else { return }
    sketch.text(
      Label(
        text: interval, at: Spot(middle.x, middle.y + 13), size: 9.5, anchor: .middle,
        ink: scale.ink(point.y)))
  }

  private static func interval(_ point: Plot.Point) -> String? {
    guard let low = point.low, let high = point.high else { return nil }
    return "[\(Formatting.number(low)), \(Formatting.number(high))]"
      .replacingOccurrences(of: "-", with: "−")
  }

  /// What the colours mean: a strip from the least to the greatest value.
  private mutating func addScale(
    _ scale: ColourScale, caption: String, left: Double, right: Double
  ) {
    let steps = 24
    let strip = min(220, right - left)
    for step in 0..<steps {
      let share = (Double(step) + 0.5) / Double(steps)
      sketch.rectangle(
        Box(
          x: left + strip * Double(step) / Double(steps), y: top,
          width: strip / Double(steps) + 0.5, height: 10),
        fill: .exact(scale.colour(scale.low + share * (scale.high - scale.low))), opacity: 1)
    }
    let ends: [(Double, Label.Anchor)] = [(left, .start), (left + strip, .end)]
    for (value, end) in zip([scale.low, scale.high], ends) {
      sketch.text(
        Label(
          text: Formatting.number(value).replacingOccurrences(of: "-", with: "−"),
          at: Spot(end.0, top + 24), size: 11, anchor: end.1, ink: .muted))
    }
    // What the numbers are: beside the strip where there is room, else below.
    let room = right - left - strip - 16
    let lines = TextMetrics.wrapped(caption, width: max(room, 10), size: Self.textSize)
    guard room >= 160, lines.count <= 2 else {
      top += 24
      addCaption(caption, from: Self.margin, to: max(right, width - Self.margin))
      return
    }
    for (index, line) in lines.enumerated() {
      sketch.text(
        Label(
          text: line, at: Spot(left + strip + 16, top + 10 + Double(index) * Self.lineHeight),
          size: Self.textSize, ink: .muted))
    }
    top += 28
  }
}
