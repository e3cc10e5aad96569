internal import Foundation

/// A colour by its components in sRGB.
struct RGB: Hashable, Sendable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ hexadecimal: UInt32) {
    red = UInt8(hexadecimal >> 16 & 0xFF)
    green = UInt8(hexadecimal >> 8 & 0xFF)
    blue = UInt8(hexadecimal & 0xFF)
  }

  var css: String { String(format: "#%02x%02x%02x", red, green, blue) }

  /// The colour at `share` of the way to another.
  func mixed(with other: RGB, _ share: Double) -> RGB {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8((Double(a) + (Double(b) - Double(a)) * min(max(share, 0), 1)).rounded())
    }
    var result = self
    result.red = mix(red, other.red)
    result.green = mix(green, other.green)
    result.blue = mix(blue, other.blue)
    return result
  }

  /// Perceived lightness, roughly, in [0, 1].
  var lightness: Double {
    (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255
  }
}

/// A colour by what it is for, so that a page can give it another value in the
/// dark.
enum Ink: Hashable, Sendable {
  case paper, text, muted, grid
  /// Of the series with this number, from 0.
  case series(Int)
  /// The same on every background.
  case exact(RGB)

  /// The colours of Okabe and Ito, which people with any kind of colour vision can
  /// tell apart; their yellow is left out, as it does not show on white.
  static let seriesColours: [RGB] = [
    RGB(0x0072B2), RGB(0xD55E00), RGB(0x009E73), RGB(0xCC79A7), RGB(0x56B4E9), RGB(0xE69F00),
    RGB(0x3C3C3C),
  ]

  /// The same, lighter where they would not show on black.
  static let darkSeriesColours: [RGB] = [
    RGB(0x3D9BE0), RGB(0xF07A2B), RGB(0x1FBF92), RGB(0xDE93BC), RGB(0x9AD7FF), RGB(0xF2B632),
    RGB(0xD8D8D8),
  ]

  /// The colour on white paper.
  var colour: RGB {
    switch self {
    case .paper: RGB(0xFFFFFF)
    case .text: RGB(0x1B1F24)
    case .muted: RGB(0x57606A)
    case .grid: RGB(0xD8DEE4)
    case .series(let index): Ink.seriesColours[index % Ink.seriesColours.count]
    case .exact(let colour): colour
    }
  }

  /// The colour in a page, by the page's own variables.
  var variable: String {
    switch self {
    case .paper: "var(--paper)"
    case .text: "var(--text)"
    case .muted: "var(--muted)"
    case .grid: "var(--grid)"
    case .series(let index): "var(--s\(index % Ink.seriesColours.count + 1))"
    case .exact(let colour): colour.css
    }
  }
}
