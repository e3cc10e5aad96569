internal import Foundation

/// The shape of a series' points: series stay apart without their colours.
enum Marker: CaseIterable, Sendable {
  case circle, square, triangle, diamond, downward, cross, star, bar

  /// Of the series with this number. Colours and shapes come round after different
  /// counts, so that no two of the first 56 series share both.
  static func of(series index: Int) -> Marker {
    allCases[index % allCases.count]
  }

  /// The dashes of the line that joins the series' points.
  static func dash(series index: Int) -> [Double] {
    [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4]][index % 5]
  }

  func draw(on canvas: inout some Canvas, at centre: Spot, radius: Double, ink: Ink) {
    // An edge of paper keeps points apart that lie on one another.
    switch self {
    case .circle:
      canvas.circle(centre, radius: radius + 1, fill: .paper)
      canvas.circle(centre, radius: radius, fill: ink)
    default:
      let larger = outline(radius: radius + 1.4)
      let own = outline(radius: radius)
      func placed(_ spots: [Spot]) -> [Spot] {
        spots.map { Spot(centre.x + $0.x, centre.y + $0.y) }
      }
      canvas.polygon(placed(larger), fill: .paper, opacity: 1)
      canvas.polygon(placed(own), fill: ink, opacity: 1)
    }
  }

  /// Around the origin.
  private func outline(radius r: Double) -> [Spot] {
    switch self {
    case .circle: return []
    case .square:
      let s = r * 0.88
      return [Spot(-s, -s), Spot(s, -s), Spot(s, s), Spot(-s, s)]
    case .triangle:
      return [Spot(0, -r * 1.2), Spot(r * 1.1, r * 0.8), Spot(-r * 1.1, r * 0.8)]
    case .downward:
      return [Spot(-r * 1.1, -r * 0.8), Spot(r * 1.1, -r * 0.8), Spot(0, r * 1.2)]
    case .diamond:
      let s = r * 1.25
      return [Spot(0, -s), Spot(s, 0), Spot(0, s), Spot(-s, 0)]
    case .cross:
      let (a, b) = (r * 1.15, r * 0.4)
      return [
        Spot(-b, -a), Spot(b, -a), Spot(b, -b), Spot(a, -b), Spot(a, b), Spot(b, b), Spot(b, a),
        Spot(-b, a), Spot(-b, b), Spot(-a, b), Spot(-a, -b), Spot(-b, -b),
      ]
    case .star:
      return (0..<10).map { step in
        let angle = Double(step) * .pi / 5 - .pi / 2
        let distance = step.isMultiple(of: 2) ? r * 1.35 : r * 0.6
        return Spot(cos(angle) * distance, sin(angle) * distance)
      }
    case .bar:
      return [
        Spot(-r * 0.5, -r * 1.2), Spot(r * 0.5, -r * 1.2), Spot(r * 0.5, r * 1.2),
        Spot(-r * 0.5, r * 1.2),
      ]
    }
  }
}
