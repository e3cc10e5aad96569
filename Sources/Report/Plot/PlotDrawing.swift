/// A plot while it is laid out, from the top down.
struct PlotDrawing {
  var sketch = Sketch()
  var width: Double
  /// The first row of pixels that is still free.
  var top = 10.0

  static let margin = 12.0
  static let textSize = 12.0
  static let lineHeight = 15.0
  static let markerRadius = 4.0

  init(width: Double) { self.width = width }

  mutating func finished() -> Sketch {
    sketch.width = width
    sketch.height = (top + 8).rounded(.up)
    return sketch
  }

  mutating func addTitle(_ title: String) {
    let size = 14.0
    let room = width - 2 * Self.margin
    for line in TextMetrics.wrapped(title, width: room, size: size, isBold: true) {
      top += size
      sketch.text(
        Label(text: line, at: Spot(Self.margin, top), size: size, isBold: true))
      top += 5
    }
    top += 5
  }

  /// The series' names with their samples, in as many rows as they need; nothing
  /// for a single series.
  mutating func addLegend(_ names: [String], hasLines: Bool) {
    guard names.count > 1 else { return }
    let sample = hasLines ? 30.0 : 16.0
    var x = Self.margin
    var rows = 1
    for (index, name) in names.enumerated() {
      let room = width - 2 * Self.margin - sample
      let text =
        TextMetrics.wrapped(name, width: room, size: Self.textSize, maximumLines: 1).first ?? ""
      let needed = sample + TextMetrics.width(text, size: Self.textSize) + 14
      if x > Self.margin, x + needed - 14 > width - Self.margin {
        x = Self.margin
        top += 18
        rows += 1
      }
      let middle = top + 8
      if hasLines {
        sketch.polyline(
          [Spot(x, middle), Spot(x + 24, middle)],
          Stroke(ink: .series(index), width: 1.8, dash: Marker.dash(series: index)))
      }
      Marker.of(series: index).draw(
        on: &sketch, at: Spot(x + (hasLines ? 12 : 6), middle), radius: Self.markerRadius,
        ink: .series(index))
      sketch.text(Label(text: text, at: Spot(x + sample, middle + 4), size: Self.textSize))
      x += needed
    }
    top += 26
  }

  /// Text below the axis, in its middle.
  mutating func addCaption(_ text: String, from left: Double, to right: Double) {
    guard !text.isEmpty else { return }
    for line in TextMetrics.wrapped(text, width: right - left, size: Self.textSize) {
      top += Self.lineHeight
      sketch.text(
        Label(
          text: line, at: Spot((left + right) / 2, top), size: Self.textSize, anchor: .middle,
          ink: .muted))
    }
    top += 4
  }

  /// The quantity of the upward axis, written along it in as many lines as its
  /// length asks for.
  ///
  /// - Returns: the room that it takes.
  mutating func addUpwardCaption(_ lines: [String], from top: Double, to bottom: Double) {
    for (index, line) in lines.enumerated() {
      sketch.text(
        Label(
          text: line,
          at: Spot(Self.margin + 8 + Double(index) * Self.lineHeight, (top + bottom) / 2),
          size: Self.textSize, anchor: .middle, ink: .muted, isUpward: true))
    }
  }
}

/// A range of values along a stretch of the canvas.
struct Axis {
  let ticks: Ticks
  let start: Double
  let end: Double

  func place(_ value: Double) -> Double {
    start + (value - ticks.low) / (ticks.high - ticks.low) * (end - start)
  }
}
