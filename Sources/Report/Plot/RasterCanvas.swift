internal import Foundation

/// A canvas of pixels.
///
/// Every shape is a set of closed outlines whose exact share of each pixel is
/// found by adding up signed areas under their edges.
struct RasterCanvas: Canvas {
  let width: Int
  let height: Int
  private let scale: Double
  /// Three bytes a pixel: red, green, blue; rows from the top.
  private(set) var pixels: [UInt8]

  /// - Parameter scale: pixels for each unit of the drawing.
  init(width: Double, height: Double, scale: Double) {
    self.width = max(1, Int((width * scale).rounded(.up)))
    self.height = max(1, Int((height * scale).rounded(.up)))
    self.scale = scale
    pixels = [UInt8](repeating: 255, count: 3 * self.width * self.height)
  }

  func pixel(_ x: Int, _ y: Int) -> RGB {
    let at = 3 * (y * width + x)
    return RGB(UInt32(pixels[at]) << 16 | UInt32(pixels[at + 1]) << 8 | UInt32(pixels[at + 2]))
  }

  mutating func polyline(_ spots: [Spot], _ stroke: Stroke) {
    var outlines: [[Spot]] = []
    for part in RasterCanvas.dashed(spots, stroke.dash) {
      outlines += RasterCanvas.stroked(part, width: stroke.width, roundEnds: false)
    }
    fill(outlines, stroke.ink.colour, stroke.opacity)
  }

  mutating func polygon(_ spots: [Spot], fill ink: Ink, opacity: Double) {
    fill([spots], ink.colour, opacity)
  }

  mutating func circle(_ centre: Spot, radius: Double, fill ink: Ink) {
    fill([RasterCanvas.disc(centre, radius, corners: 32)], ink.colour, 1)
  }

  mutating func rectangle(_ box: Box, fill ink: Ink, opacity: Double) {
    let corners = [
      Spot(box.x, box.y), Spot(box.maxX, box.y), Spot(box.maxX, box.maxY), Spot(box.x, box.maxY),
    ]
    fill([corners], ink.colour, opacity)
  }

  mutating func text(_ label: Label) {
    let glyphs = StrokeFont.glyphs(label.text)
    let unit = label.size * 0.7 / StrokeFont.capitalHeight
    // A text fits into the room that its layout gave it.
    let room = TextMetrics.width(label.text, size: label.size, isBold: label.isBold)
    let natural = unit * (glyphs.reduce(0) { $0 + $1.advance } - 1)
    let across = natural > room ? unit * room / natural : unit
    let length = min(natural, room)
    var x: Double =
      switch label.anchor {
      case .start: 0
      case .middle: -length / 2
      case .end: -length
      }
    var paths: [[Spot]] = []
    for glyph in glyphs {
      for segment in glyph.segments {
        paths.append(
          [segment.from, segment.to].map { spot in
            let (right, up) = (x + spot.x * across, (StrokeFont.capitalHeight - spot.y) * unit)
            return label.isUpward
              ? Spot(label.at.x - up, label.at.y - right)
              : Spot(label.at.x + right, label.at.y - up)
          })
      }
      x += glyph.advance * across
    }
    let width = label.size * (label.isBold ? 0.14 : 0.1)
    func outlines(_ width: Double) -> [[Spot]] {
      paths.flatMap { RasterCanvas.stroked($0, width: width, roundEnds: true) }
    }
    if label.hasHalo { fill(outlines(width + 3), Ink.paper.colour, 1) }
    fill(outlines(width), label.ink.colour, 1)
  }

  // MARK: Outlines

  private static func disc(_ centre: Spot, _ radius: Double, corners: Int = 12) -> [Spot] {
    (0..<corners).map { step in
      let angle = 2 * Double.pi * Double(step) / Double(corners)
      return Spot(centre.x + radius * cos(angle), centre.y + radius * sin(angle))
    }
  }

  /// A rectangle along each stretch, and discs where they meet.
  private static func stroked(_ spots: [Spot], width: Double, roundEnds: Bool) -> [[Spot]] {
    var outlines: [[Spot]] = []
    let half = width / 2
    for (a, b) in zip(spots, spots.dropFirst()) {
      let (dx, dy) = (b.x - a.x, b.y - a.y)
      let length = (dx * dx + dy * dy).squareRoot()
      guard length > 0 else { continue }
      let (nx, ny) = (-dy / length * half, dx / length * half)
      outlines.append([
        Spot(a.x + nx, a.y + ny), Spot(a.x - nx, a.y - ny), Spot(b.x - nx, b.y - ny),
        Spot(b.x + nx, b.y + ny),
      ])
    }
    let joints = roundEnds ? spots[...] : spots.dropFirst().dropLast()
    return outlines + joints.map { disc($0, half) }
  }

  private static func dashed(_ spots: [Spot], _ dash: [Double]) -> [[Spot]] {
    guard !dash.isEmpty, dash.allSatisfy({ $0 > 0 }), let first = spots.first else {
      return [spots]
    }
    var parts: [[Spot]] = []
    var part = [first]
    var (index, left) = (0, dash[0])
    for (start, end) in zip(spots, spots.dropFirst()) {
      var from = start
      while true {
        let (dx, dy) = (end.x - from.x, end.y - from.y)
        let length = (dx * dx + dy * dy).squareRoot()
        if length <= left {
          left -= length
          if index.isMultiple(of: 2) { part.append(end) }
          break
        }
        let cut = Spot(from.x + dx * left / length, from.y + dy * left / length)
        if index.isMultiple(of: 2) {
          parts.append(part + [cut])
          part = []
        } else {
          part = [cut]
        }
        from = cut
        index = (index + 1) % (dash.count.isMultiple(of: 2) ? dash.count : 2 * dash.count)
        left = dash[index % dash.count]
      }
    }
    return parts + (part.count > 1 ? [part] : [])
  }

  // MARK: Pixels

  private mutating func fill(_ outlines: [[Spot]], _ colour: RGB, _ opacity: Double) {
    let limit = (x: Double(width), y: Double(height))
    let scaled = outlines.filter { $0.count > 2 }.map { outline in
      let placed = outline.map {
        Spot(min(max($0.x * scale, 0), limit.x), min(max($0.y * scale, 0), limit.y))
      }
      // Outlines that overlap must turn the same way, or they would cancel.
      return RasterCanvas.signedArea(placed) < 0 ? placed.reversed() : placed
    }
    let all = scaled.joined()
    guard let left = all.map(\.x).min(), let right = all.map(\.x).max(),
      let top = all.map(\.y).min(), let bottom = all.map(\.y).max()
    else { return }
    let (x0, y0) = (Int(left), Int(top))
    let (columns, rows) = (Int(right.rounded(.up)) - x0 + 2, Int(bottom.rounded(.up)) - y0 + 1)
    var area = [Double](repeating: 0, count: columns * rows)
    for outline in scaled {
      for (index, spot) in outline.enumerated() {
        let next = outline[(index + 1) % outline.count]
        RasterCanvas.add(
          &area, columns, Spot(spot.x - Double(x0), spot.y - Double(y0)),
          Spot(next.x - Double(x0), next.y - Double(y0)))
      }
    }
    for row in 0..<rows where y0 + row < height {
      var sum = 0.0
      for column in 0..<columns where x0 + column < width {
        sum += area[row * columns + column]
        let share = min(abs(sum), 1) * opacity
        guard share > 0.002 else { continue }
        let at = 3 * ((y0 + row) * width + x0 + column)
        func blend(_ old: UInt8, _ new: UInt8) -> UInt8 {
          UInt8((Double(old) + (Double(new) - Double(old)) * share).rounded())
        }
        pixels[at] = blend(pixels[at], colour.red)
        pixels[at + 1] = blend(pixels[at + 1], colour.green)
        pixels[at + 2] = blend(pixels[at + 2], colour.blue)
      }
    }
  }

  private static func signedArea(_ spots: [Spot]) -> Double {
    spots.indices.reduce(0) { sum, index in
      let (a, b) = (spots[index], spots[(index + 1) % spots.count])
      return sum + a.x * b.y - b.x * a.y
    }
  }

  /// Adds an edge: for each row that it crosses, the change of coverage at the
  /// columns that it crosses there. The running sum along a row is the coverage.
  private static func add(_ area: inout [Double], _ columns: Int, _ a: Spot, _ b: Spot) {
    guard a.y != b.y else { return }
    let direction = a.y < b.y ? 1.0 : -1.0
    let (top, bottom) = a.y < b.y ? (a, b) : (b, a)
    let slope = (bottom.x - top.x) / (bottom.y - top.y)
    var x = top.x
    for row in Int(top.y)..<Int(bottom.y.rounded(.up)) {
      let rise = min(Double(row + 1), bottom.y) - max(Double(row), top.y)
      let next = x + slope * rise
      let (low, high) = (max(min(x, next), 0), max(x, next))
      let base = row * columns
      let first = Int(low)
      let last = max(Int(high.rounded(.up)), first + 1)
      for column in first..<last {
        // The part of the edge that lies in this column covers, of the column,
        // what is right of it, and all of every later one.
        let (from, to) = (max(low, Double(column)), min(high, Double(column + 1)))
        let part = high > low ? (to - from) / (high - low) : 1
        let middle = high > low ? (from + to) / 2 : low
        let share = part * (Double(column + 1) - middle)
        area[base + column] += direction * rise * share
        area[base + column + 1] += direction * rise * (part - share)
      }
      x = next
    }
  }
}
