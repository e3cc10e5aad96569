internal import Foundation
internal import RunStore

/// A plot as a value: what is drawn, not how or on what.
struct Plot: Sendable {
  struct Point: Hashable, Sendable {
    var label: String
    var x: Double?
    var xLow: Double?
    var xHigh: Double?
    var y: Double
    var low: Double?
    var high: Double?
  }

  struct Series: Hashable, Sendable {
    var name: String
    var points: [Point]
  }

  var kind: FigureKind
  var title: String
  var xLabel: String
  var yLabel: String
  /// Points without a finite value are not among them.
  var series: [Series]
  /// Width of the whole picture; a matrix with many columns takes more.
  var width = 720.0
  /// Height of the part with the axes, for lines and scatters.
  var plotHeight = 300.0
  /// Whether to draw the line on which x and y are equal.
  var hasDiagonal = false

  /// The labels of all points without repetitions, in the order of their first
  /// occurrence.
  var labels: [String] { unique(series.flatMap { $0.points.map(\.label) }) }
}

extension Plot {
  init(_ figure: FigureRecord, _ points: [FigurePointRecord]) {
    kind = figure.kind
    title = figure.title
    xLabel = figure.xLabel
    yLabel = figure.yLabel
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    series = unique(points.map(\.series)).map { name in
      Series(
        name: name,
        points: points.filter { $0.series == name && $0.y.isFinite }.map { point in
          Point(
            label: point.label, x: finite(point.x), xLow: finite(point.xLow),
            xHigh: finite(point.xHigh), y: point.y, low: finite(point.low),
            high: finite(point.high))
        })
    }
  }

  /// The plot on a sketch of its size.
  ///
  /// - Parameter showsTitle: false where the title stands above the picture.
  func sketch(showsTitle: Bool) -> Sketch {
    var drawing = PlotDrawing(width: width)
    if showsTitle { drawing.addTitle(title) }
    guard series.contains(where: { !$0.points.isEmpty }) else {
      drawing.addTitle("no values")
      return drawing.finished()
    }
    switch kind {
    case .line: drawing.addLines(self)
    case .scatter: drawing.addScatter(self)
    case .bars: drawing.addBars(self)
    case .matrix: drawing.addMatrix(self)
    }
    return drawing.finished()
  }

  func svg(_ place: SVGCanvas.Place) -> String {
    let sketch = sketch(showsTitle: place == .file)
    var canvas = SVGCanvas(place, width: sketch.width, height: sketch.height, title: title)
    sketch.replay(on: &canvas)
    return canvas.text
  }

  /// - Parameter scale: pixels for each unit.
  func png(scale: Double = 2) -> [UInt8] {
    let sketch = sketch(showsTitle: true)
    var canvas = RasterCanvas(width: sketch.width, height: sketch.height, scale: scale)
    sketch.replay(on: &canvas)
    return PNG.encoded(width: canvas.width, height: canvas.height, pixels: canvas.pixels)
  }
}
