/// A canvas that keeps what is drawn on it. A plot is laid out on a sketch, which
/// then knows its size, and is drawn again on paper of that size.
struct Sketch: Canvas {
  enum Mark {
    case polyline([Spot], Stroke)
    case polygon([Spot], Ink, Double)
    case circle(Spot, Double, Ink)
    case rectangle(Box, Ink, Double)
    case text(Label)
  }

  var width = 0.0
  var height = 0.0
  private(set) var marks: [Mark] = []

  var frame: Box { Box(x: 0, y: 0, width: width, height: height) }

  var labels: [Label] {
    marks.compactMap { mark in
      if case .text(let label) = mark { label } else { nil }
    }
  }

  mutating func polyline(_ spots: [Spot], _ stroke: Stroke) {
    if spots.count > 1 { marks.append(.polyline(spots, stroke)) }
  }
  mutating func polygon(_ spots: [Spot], fill: Ink, opacity: Double) {
    marks.append(.polygon(spots, fill, opacity))
  }
  mutating func circle(_ centre: Spot, radius: Double, fill: Ink) {
    marks.append(.circle(centre, radius, fill))
  }
  mutating func rectangle(_ box: Box, fill: Ink, opacity: Double) {
    marks.append(.rectangle(box, fill, opacity))
  }
  mutating func text(_ label: Label) {
    if !label.text.isEmpty { marks.append(.text(label)) }
  }

  func replay(on canvas: inout some Canvas) {
    for mark in marks {
      switch mark {
      case .polyline(let spots, let stroke): canvas.polyline(spots, stroke)
      case .polygon(let spots, let fill, let opacity):
        canvas.polygon(spots, fill: fill, opacity: opacity)
      case .circle(let centre, let radius, let fill):
        canvas.circle(centre, radius: radius, fill: fill)
      case .rectangle(let box, let fill, let opacity):
        canvas.rectangle(box, fill: fill, opacity: opacity)
      case .text(let label): canvas.text(label)
      }
    }
  }
}
