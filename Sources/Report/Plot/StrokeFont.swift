internal import Foundation

/// A small font of strokes for pictures made of pixels.
///
/// Each letter is a grid of dots, five wide and eight high; dots that touch are
/// joined, so that the letter is a set of strokes and can have any size.
enum StrokeFont {
  /// From dot to dot, in units of the grid; equal ends are a single dot.
  struct Segment: Hashable, Sendable {
    var from: Spot
    var to: Spot
  }

  struct Glyph: Sendable {
    var segments: [Segment]
    /// To the next glyph, in units of the grid.
    var advance: Double
  }

  /// From the middle of the top row to the middle of the baseline's.
  static let capitalHeight = 6.0

  /// The glyphs of a text. Accents go, and what there is no letter for is a box.
  static func glyphs(_ text: String) -> [Glyph] {
    text.flatMap(replacement).map { letters[$0] ?? box }
  }

  private static func replacement(_ character: Character) -> [Character] {
    switch character {
    case "−", "–", "—", "‐": return ["-"]
    case "…": return [".", ".", "."]
    case "“", "”": return ["\""]
    case "‘", "’": return ["'"]
    case "×": return ["x"]
    case "→": return ["-", ">"]
    case "±": return ["+", "/", "-"]
    case "≤": return ["<", "="]
    case "≥": return [">", "="]
    case "·": return ["."]
    case "\u{A0}": return [" "]
    default:
      if letters[character] != nil { return [character] }
      let base = String(character).decomposedStringWithCanonicalMapping.unicodeScalars.first
      return [base.map { Character($0) } ?? character]
    }
  }

  private static let letters: [Character: Glyph] = {
    var glyphs: [Character: Glyph] = [:]
    for (index, columns) in columns.split(separator: " ").enumerated() {
      guard let scalar = Unicode.Scalar(0x21 + index) else { continue }
      glyphs[Character(scalar)] = glyph(
        columns.split(separator: ",").map { UInt8($0, radix: 16) ?? 0 })
    }
    glyphs[" "] = Glyph(segments: [], advance: 3.5)
    return glyphs
  }()

  private static let box = glyph([0x7F, 0x41, 0x41, 0x7F])

  private static func glyph(_ columns: [UInt8]) -> Glyph {
    func isSet(_ x: Int, _ y: Int) -> Bool {
      columns.indices.contains(x) && (0..<8).contains(y) && columns[x] >> UInt8(y) & 1 == 1
    }
    func spot(_ x: Int, _ y: Int) -> Spot { Spot(Double(x), Double(y)) }
    var segments: [Segment] = []
    for x in columns.indices {
      for y in 0..<8 where isSet(x, y) {
        var isAlone = true
        for (dx, dy) in [(1, 0), (0, 1), (1, 1), (1, -1), (-1, 0), (0, -1), (-1, -1), (-1, 1)]
        where isSet(x + dx, y + dy) {
          // A corner is two straight strokes; a third across it would blot it.
          if dx != 0, dy != 0, isSet(x + dx, y) || isSet(x, y + dy) { continue }
          isAlone = false
          if dx > 0 || (dx == 0 && dy > 0) {
            segments.append(Segment(from: spot(x, y), to: spot(x + dx, y + dy)))
          }
        }
        if isAlone { segments.append(Segment(from: spot(x, y), to: spot(x, y))) }
      }
    }
    return Glyph(segments: segments, advance: Double(columns.count) + 1)
  }

  /// From "!" to "~": for each column of a letter the dots that are set, the top
  /// one in the lowest bit. Bits 0 to 6 are above the baseline.
  private static let columns = """
    5F 07,00,07 14,7F,14,7F,14 24,2A,7F,2A,12 23,13,08,64,62 36,49,55,22,50 07 1C,22,41 41,22,1C \
    2A,1C,1C,2A 08,08,3E,08,08 80,60 08,08,08,08 40 60,10,08,04,03 \
    3E,41,41,3E 42,7F,40 62,51,49,46 22,41,49,36 18,14,12,7F,10 27,45,45,39 3C,4A,49,30 \
    61,11,09,07 36,49,49,36 06,49,29,1E 14 80,64 08,14,22,41 14,14,14,14 41,22,14,08 02,51,09,06 \
    3E,41,5D,55,5E 7C,12,11,12,7C 7F,49,49,36 3E,41,41,41,22 7F,41,41,41,3E 7F,49,49,41 \
    7F,09,09,01 3E,41,41,51,72 7F,08,08,08,7F 41,7F,41 20,40,40,3F 7F,08,14,22,41 7F,40,40,40 \
    7F,02,0C,02,7F 7F,04,08,10,7F 3E,41,41,41,3E 7F,09,09,06 3E,41,51,21,5E 7F,09,19,26,40 \
    26,49,49,32 01,01,7F,01,01 3F,40,40,40,3F 0F,30,40,30,0F 3F,40,38,40,3F 63,14,08,14,63 \
    07,08,70,08,07 61,51,49,45,43 7F,41,41 03,04,08,10,60 41,41,7F 04,02,01,02,04 40,40,40,40,40 \
    01,02 20,54,54,78 7F,44,44,38 38,44,44,28 38,44,44,7F 38,54,54,58 08,7E,09 \
    18,A4,A4,7C 7F,04,04,78 7D 80,7D 7F,10,28,44 7F 7C,04,78,04,78 7C,04,04,78 \
    38,44,44,38 FC,24,24,18 18,24,24,FC 7C,08,04 48,54,54,24 3F,44,40 3C,40,40,7C \
    0C,30,40,30,0C 3C,40,30,40,3C 44,28,10,28,44 1C,A0,A0,7C 44,64,54,4C,44 \
    08,36,41 7F 41,36,08 10,08,10,08
    """
}
