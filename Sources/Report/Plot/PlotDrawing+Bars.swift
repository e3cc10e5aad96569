extension PlotDrawing {
  /// One bar for each value, lying down so that long names can be read; grouped
  /// by label, each group's series side by side.
  mutating func addBars(_ plot: Plot) {
    addLegend(plot.series.map(\.name), hasLines: false)
    let labels = plot.labels
    let nameRoom = width * 0.36
    let names = labels.map {
      TextMetrics.wrapped($0, width: nameRoom, size: Self.textSize, maximumLines: 3)
    }
    let widest =
      names.joined().map { TextMetrics.width($0, size: Self.textSize) }.max() ?? 0
    let left = Self.margin + widest + 8
    let right = width - Self.margin - 16
    let values = plot.series.flatMap(\.points).flatMap {
      [$0.y, $0.low, $0.high, 0].compactMap { $0 }
    }
    let ticks = Ticks(
      from: values.min() ?? 0, to: values.max() ?? 1, count: max(3, Int((right - left) / 80)))
    let axis = Axis(ticks: ticks, start: left + 4, end: right)
    let row = plot.series.count > 1 ? 15.0 : 18.0
    let gap = 9.0
    let start = top
    var bars: [(point: Plot.Point, series: Int, y: Double)] = []
    for (label, lines) in zip(labels, names) {
      let group = plot.series.enumerated().flatMap { index, series in
        series.points.filter { $0.label == label }.map { (point: $0, series: index) }
      }
      let height = max(Double(group.count) * row, Double(lines.count) * Self.lineHeight)
      let middle = top + gap / 2 + height / 2
      for (index, line) in lines.enumerated() {
        let offset = (Double(index) - Double(lines.count - 1) / 2) * Self.lineHeight
        sketch.text(
          Label(
            text: line, at: Spot(left - 6, middle + offset + 4), size: Self.textSize,
            anchor: .end))
      }
      for (index, bar) in group.enumerated() {
        let offset = (Double(index) - Double(group.count - 1) / 2) * row
        bars.append((bar.point, bar.series, middle + offset))
      }
      top += height + gap
    }
    for (value, label) in zip(ticks.values, ticks.labels) {
      let x = axis.place(value)
      sketch.polyline([Spot(x, start), Spot(x, top)], Stroke(ink: .grid, width: 1))
      sketch.text(
        Label(text: label, at: Spot(x, top + 15), size: 11, anchor: .middle, ink: .muted))
    }
    let zero = axis.place(0)
    for bar in bars { addBar(bar.point, bar.series, y: bar.y, height: row - 4, zero, axis) }
    sketch.polyline([Spot(zero, start), Spot(zero, top)], Stroke(ink: .muted, width: 1))
    top += 20
    addCaption(
      plot.yLabel.isEmpty ? plot.xLabel : plot.yLabel, from: left, to: right)
  }

  private mutating func addBar(
    _ point: Plot.Point, _ series: Int, y: Double, height: Double, _ zero: Double, _ axis: Axis
  ) {
    let end = axis.place(point.y)
    sketch.rectangle(
      Box(x: min(zero, end), y: y - height / 2, width: abs(end - zero), height: height),
      fill: .series(series), opacity: 0.35)
    if let low = point.low, let high = point.high, low < high {
      let (from, to) = (axis.place(low), axis.place(high))
      let stroke = Stroke(ink: .text, width: 1.2)
      sketch.polyline([Spot(from, y), Spot(to, y)], stroke)
      for x in [from, to] {
        sketch.polyline([Spot(x, y - 3), Spot(x, y + 3)], stroke)
      }
    }
    Marker.of(series: series).draw(
      on: &sketch, at: Spot(end, y), radius: Self.markerRadius - 0.5, ink: .series(series))
  }
}
