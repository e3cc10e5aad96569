/// What a plot is drawn on. A plot knows places, inks and texts; what they become
/// (tags, pixels) is the canvas's.
protocol Canvas {
  mutating func polyline(_ spots: [Spot], _ stroke: Stroke)
  mutating func polygon(_ spots: [Spot], fill: Ink, opacity: Double)
  mutating func circle(_ centre: Spot, radius: Double, fill: Ink)
  mutating func rectangle(_ box: Box, fill: Ink, opacity: Double)
  mutating func text(_ label: Label)
}

/// How a line is drawn.
struct Stroke: Hashable, Sendable {
  var ink: Ink
  var width = 1.0
  /// Lengths drawn and left out, in turn; empty for a whole line.
  var dash: [Double] = []
  /// In [0, 1].
  var opacity = 1.0
}

/// One line of text on a canvas.
struct Label: Hashable, Sendable {
  enum Anchor: String, Sendable {
    case start, middle, end
  }

  var text: String
  /// Where the baseline is at the anchor.
  var at: Spot
  /// Height of the font in pixels.
  var size = 12.0
  var anchor = Anchor.start
  var ink = Ink.text
  var isBold = false
  /// Written upwards instead of to the right.
  var isUpward = false
  /// Drawn with an edge in the paper's colour, to be read over lines.
  var hasHalo = false

  /// The room that the text takes at most, whatever the font.
  var box: Box {
    let width = TextMetrics.width(text, size: size, isBold: isBold)
    let start: Double =
      switch anchor {
      case .start: 0
      case .middle: -width / 2
      case .end: -width
      }
    let (ascent, descent) = (size * 0.8, size * 0.25)
    if isUpward {
      return Box(
        x: at.x - ascent, y: at.y - start - width, width: ascent + descent, height: width)
    }
    return Box(x: at.x + start, y: at.y - ascent, width: width, height: ascent + descent)
  }
}
