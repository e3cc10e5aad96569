internal import Foundation
internal import RunStore

/// Where a plot with two axes has its values.
private struct Field {
  var across: Axis
  var up: Axis
  var box: Box
}

extension PlotDrawing {
  /// Curves over a number, or over labels in their order.
  mutating func addLines(_ plot: Plot) {
    addLegend(plot.series.map(\.name), hasLines: true)
    let labels = plot.labels
    let isNumeric = plot.series.allSatisfy { $0.points.allSatisfy { $0.x != nil } }
    func x(_ point: Plot.Point) -> Double {
      isNumeric ? point.x ?? 0 : Double(labels.firstIndex(of: point.label) ?? 0)
    }
    let field = addField(plot, labels: isNumeric ? nil : labels, x: x)
    if plot.hasDiagonal { addDiagonal(field) }
    let longest = plot.series.map(\.points.count).max() ?? 0
    for (index, series) in plot.series.enumerated() {
      // Series measured at the same places stand a little apart.
      let count = Double(plot.series.count)
      let shift = longest > 25 ? 0 : (Double(index) - (count - 1) / 2) * min(4, 16 / count)
      let spots = series.points.map {
        Spot(field.across.place(x($0)) + shift, field.up.place($0.y))
      }
      if longest > 25 {
        addBand(series, index, spots, field)
      } else {
        for (point, spot) in zip(series.points, spots) {
          addWhisker(point, spot, index, field, opacity: 1)
        }
      }
      sketch.polyline(
        spots, Stroke(ink: .series(index), width: 1.8, dash: Marker.dash(series: index)))
    }
    for (index, series) in plot.series.enumerated() {
      let count = Double(plot.series.count)
      let shift = longest > 25 ? 0 : (Double(index) - (count - 1) / 2) * min(4, 16 / count)
      // A long curve has a few markers, at other places than its neighbours'.
      let stride = longest > 25 ? max(series.points.count / 6, 1) : 1
      let first = longest > 25 ? index * stride / max(plot.series.count, 1) : 0
      if plot.series.count == 1, longest > 25 { continue }
      for (place, point) in series.points.enumerated() where place % stride == first % stride {
        Marker.of(series: index).draw(
          on: &sketch, at: Spot(field.across.place(x(point)) + shift, field.up.place(point.y)),
          radius: Self.markerRadius, ink: .series(index))
      }
    }
  }

  /// Points measured in both directions, joined in their order and named where
  /// there is room for the name.
  mutating func addScatter(_ plot: Plot) {
    addLegend(plot.series.map(\.name), hasLines: true)
    let field = addField(plot, labels: nil) { $0.x ?? 0 }
    if plot.hasDiagonal { addDiagonal(field) }
    func spot(_ point: Plot.Point) -> Spot {
      Spot(field.across.place(point.x ?? 0), field.up.place(point.y))
    }
    for (index, series) in plot.series.enumerated() {
      for point in series.points {
        let place = spot(point)
        addWhisker(point, place, index, field, opacity: 0.55)
        if let low = point.xLow, let high = point.xHigh {
          sketch.polyline(
            [Spot(field.across.place(low), place.y), Spot(field.across.place(high), place.y)],
            Stroke(ink: .series(index), width: 1.2, opacity: 0.55))
        }
      }
      sketch.polyline(
        series.points.map(spot),
        Stroke(ink: .series(index), width: 1.2, dash: Marker.dash(series: index), opacity: 0.8))
    }
    var taken: [Box] = []
    for (index, series) in plot.series.enumerated() {
      for point in series.points {
        let place = spot(point)
        taken.append(Box(x: place.x - 5, y: place.y - 5, width: 10, height: 10))
        Marker.of(series: index).draw(
          on: &sketch, at: place, radius: Self.markerRadius, ink: .series(index))
      }
    }
    for point in plot.series.flatMap(\.points) where !point.label.isEmpty {
      guard let label = free(point.label, beside: spot(point), in: field.box, taken) else {
        continue
      }
      taken.append(label.box)
      sketch.text(label)
    }
  }

  /// The first place around a point where its name covers nothing; nil when there
  /// is none.
  private func free(
    _ text: String, beside spot: Spot, in box: Box, _ taken: [Box]
  ) -> Label? {
    let places: [(Double, Double, Label.Anchor)] = [
      (8, -5, .start), (-8, -5, .end), (8, 13, .start), (-8, 13, .end), (9, 4, .start),
      (-9, 4, .end), (0, -9, .middle), (0, 18, .middle),
    ]
    for (dx, dy, anchor) in places {
      let label = Label(
        text: TerminalText.escaped(text), at: Spot(spot.x + dx, spot.y + dy), size: 10.5,
        anchor: anchor, hasHalo: true)
      let room = label.box.grown(by: 1)
      if box.contains(room), !taken.contains(where: room.intersects) { return label }
    }
    return nil
  }

  private mutating func addDiagonal(_ field: Field) {
    let low = max(field.across.ticks.low, field.up.ticks.low)
    let high = min(field.across.ticks.high, field.up.ticks.high)
    guard low < high else { return }
    sketch.polyline(
      [low, high].map { Spot(field.across.place($0), field.up.place($0)) },
      Stroke(ink: .muted, width: 1, dash: [4, 4]))
  }

  private mutating func addWhisker(
    _ point: Plot.Point, _ spot: Spot, _ series: Int, _ field: Field, opacity: Double
  ) {
    guard let low = point.low, let high = point.high, low < high else { return }
    let (bottom, top) = (field.up.place(low), field.up.place(high))
    let stroke = Stroke(ink: .series(series), width: 1.2, opacity: opacity)
    sketch.polyline([Spot(spot.x, bottom), Spot(spot.x, top)], stroke)
    for y in [bottom, top] {
      sketch.polyline([Spot(spot.x - 3, y), Spot(spot.x + 3, y)], stroke)
    }
  }

  private mutating func addBand(
    _ series: Plot.Series, _ index: Int, _ spots: [Spot], _ field: Field
  ) {
    let edges = zip(series.points, spots).compactMap { point, spot -> (Spot, Spot)? in
      guard let low = point.low, let high = point.high else { return nil }
      return (Spot(spot.x, field.up.place(low)), Spot(spot.x, field.up.place(high)))
    }
    guard edges.count > 1 else { return }
    sketch.polygon(
      edges.map(\.0) + edges.reversed().map(\.1), fill: .series(index), opacity: 0.15)
  }

  // MARK: Axes

  /// Draws both axes with their ticks and names.
  ///
  /// - Parameter labels: the places along the x axis when it has no numbers.
  private mutating func addField(
    _ plot: Plot, labels: [String]?, x: (Plot.Point) -> Double
  ) -> Field {
    let points = plot.series.flatMap(\.points)
    let up = Self.range(points.flatMap { [$0.y, $0.low, $0.high].compactMap { $0 } })
    let upTicks = Ticks(from: up.low, to: up.high, count: plot.plotHeight < 200 ? 5 : 6)
    let captions =
      plot.yLabel.isEmpty
      ? [] : TextMetrics.wrapped(plot.yLabel, width: plot.plotHeight, size: Self.textSize)
    let tickRoom = upTicks.labels.map { TextMetrics.width($0, size: 11) }.max() ?? 0
    let left =
      Self.margin + Double(captions.count) * Self.lineHeight + tickRoom + 10
    let right = width - Self.margin - 14
    let box = Box(x: left, y: top, width: right - left, height: plot.plotHeight)
    let upAxis = Axis(ticks: upTicks, start: box.maxY - 6, end: box.y + 6)
    for (value, label) in zip(upTicks.values, upTicks.labels) {
      let y = upAxis.place(value)
      sketch.polyline([Spot(left, y), Spot(right, y)], Stroke(ink: .grid, width: 1))
      sketch.text(
        Label(text: label, at: Spot(left - 6, y + 4), size: 11, anchor: .end, ink: .muted))
    }
    addUpwardCaption(captions, from: box.y, to: box.maxY)
    top = box.maxY
    let inset = 14.0
    let acrossAxis: Axis
    if let labels {
      let slot = (box.width - 2 * inset) / Double(max(labels.count, 1))
      // Ticks only for their range: from half a place before the first label to
      // half a place after the last.
      acrossAxis = Axis(
        ticks: Ticks(from: 0, to: 1, count: 2),
        start: left + inset + slot / 2, end: left + inset + slot * 1.5)
      addCategories(labels, slot: slot) { acrossAxis.place(Double($0)) }
    } else {
      let values = points.flatMap { [x($0), $0.xLow, $0.xHigh].compactMap { $0 } }
      let isWhole = values.allSatisfy { $0 == $0.rounded() && abs($0) < 1e9 }
      let range = plot.kind == .scatter ? Self.range(values) : Self.tight(values)
      let most = Int(box.width / 70)
      let ticks = Ticks(
        from: range.low, to: range.high, count: min(max(most, 3), 8),
        minimumStep: isWhole && plot.kind == .line ? 1 : 0)
      acrossAxis = Axis(ticks: ticks, start: left + inset, end: right - inset)
      for (value, label) in zip(ticks.values, ticks.labels) {
        let place = acrossAxis.place(value)
        sketch.polyline(
          [Spot(place, box.maxY), Spot(place, box.maxY + 4)], Stroke(ink: .muted, width: 1))
        sketch.text(
          Label(
            text: label, at: Spot(place, box.maxY + 17), size: 11, anchor: .middle, ink: .muted))
      }
      top += 20
    }
    sketch.polyline(
      [Spot(left, box.maxY), Spot(right, box.maxY)], Stroke(ink: .muted, width: 1))
    addCaption(plot.xLabel, from: left, to: right)
    return Field(across: acrossAxis, up: upAxis, box: box)
  }

  /// Labels below the axis: in several lines, or upwards when they are many.
  private mutating func addCategories(
    _ labels: [String], slot: Double, place: (Int) -> Double
  ) {
    let size = 11.0
    let wrapped = labels.map { TextMetrics.wrapped($0, width: slot - 6, size: size) }
    if slot >= 40, wrapped.allSatisfy({ $0.count <= 3 }) {
      for (index, lines) in wrapped.enumerated() {
        for (row, line) in lines.enumerated() {
          sketch.text(
            Label(
              text: line, at: Spot(place(index), top + 16 + 13 * Double(row)), size: size,
              anchor: .middle, ink: .muted))
        }
      }
      top += 20 + 13 * Double((wrapped.map(\.count).max() ?? 1) - 1)
      return
    }
    let room = 150.0
    let lines = labels.map {
      TextMetrics.wrapped($0, width: room, size: size, maximumLines: 1).first ?? ""
    }
    let length = lines.map { TextMetrics.width($0, size: size) }.max() ?? 0
    // Where even upward labels would touch, only every so many is written.
    let stride = max(1, Int((14 / max(slot, 0.1)).rounded(.up)))
    for (index, line) in lines.enumerated() where index.isMultiple(of: stride) {
      sketch.text(
        Label(
          text: line, at: Spot(place(index) + 4, top + 8), size: size, anchor: .end, ink: .muted,
          isUpward: true))
    }
    top += length + 14
  }

  /// The range of the values with a little room, down to zero when that is near.
  static func range(_ values: [Double]) -> (low: Double, high: Double) {
    guard let low = values.min(), let high = values.max() else { return (0, 1) }
    if low >= 0, low <= 0.4 * high { return (0, high) }
    return (low, high)
  }

  private static func tight(_ values: [Double]) -> (low: Double, high: Double) {
    (values.min() ?? 0, values.max() ?? 1)
  }
}
